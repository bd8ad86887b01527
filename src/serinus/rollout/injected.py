"""What the controller itself has put into the pod template of a ReplicaSet, and the template as its user wrote it.

A version is named by the user's template alone: what stands in it besides comes and goes with the version's part.
"""

from typing import Any

import msgspec

from serinus.api import keys
from serinus.api.meta import PodTemplateMeta
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet

POD_ANTI_AFFINITY = "podAntiAffinity"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"

Metadata = dict[str, dict[str, Any]]
"""``labels`` and ``annotations``."""


def own_template(item: ReplicaSet) -> Manifest:
    """The template without ephemeral metadata and without injected anti-affinity."""
    template, metadata = dict(item.spec.template), dict(item.spec.template.get("metadata") or {})
    for part, values in own_metadata(item).items():
        metadata.pop(part, None)
        if values:
            metadata[part] = values
    return without_anti_affinity(template | {"metadata": metadata})


def own_metadata(item: ReplicaSet) -> Metadata:
    """Labels and annotations of the template without the ephemeral ones; what those had covered is there again."""
    metadata = item.spec.template.get("metadata") or {}
    injected, covered = _noted(item, keys.EPHEMERAL_METADATA), _noted(item, keys.COVERED_METADATA)
    own = {}
    for part in ("labels", "annotations"):
        kept = {key: value for key, value in (metadata.get(part) or {}).items() if key not in injected[part]}
        own[part] = kept | covered[part]
    return own


def without_anti_affinity(template: Manifest) -> Manifest:
    """The template without the rules that keep pods apart by the hash of their version."""
    affinity = (template.get("spec") or {}).get("affinity") or {}
    rules = affinity.get(POD_ANTI_AFFINITY) or {}
    kept = {
        name: [term for term in terms if not _is_injected(term)] if name in (REQUIRED, PREFERRED) else terms
        for name, terms in rules.items()
    }
    if kept == rules:
        return template
    kept = {name: terms for name, terms in kept.items() if terms}
    spec = {key: value for key, value in template["spec"].items() if key != "affinity"}
    rest = {key: value for key, value in affinity.items() if key != POD_ANTI_AFFINITY}
    rest |= {POD_ANTI_AFFINITY: kept} if kept else {}
    return template | {"spec": spec | ({"affinity": rest} if rest else {})}


def is_readable(item: ReplicaSet) -> bool:
    """Whether it can be told which metadata of the template are ephemeral; people may have edited the note."""
    return _read(item, keys.EPHEMERAL_METADATA) is not None and _read(item, keys.COVERED_METADATA) is not None


def _noted(item: ReplicaSet, key: str) -> Metadata:
    """Metadata that an annotation holds; one that cannot be read says nothing."""
    said = _read(item, key) or PodTemplateMeta()
    return {"labels": said.labels, "annotations": said.annotations}


def _read(item: ReplicaSet, key: str) -> PodTemplateMeta | None:
    try:
        return msgspec.json.decode(item.metadata.annotations.get(key, "{}"), type=PodTemplateMeta)
    except msgspec.MsgspecError:
        return None


def _is_injected(term: dict[str, Any]) -> bool:
    rule = term.get("podAffinityTerm") or term
    expressions = (rule.get("labelSelector") or {}).get("matchExpressions") or []
    return any(item.get("key") == keys.POD_TEMPLATE_HASH for item in expressions)
