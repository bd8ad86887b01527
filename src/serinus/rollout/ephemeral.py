"""Ephemeral metadata: labels and annotations that pods carry while their version has a part.

The template of a ReplicaSet changes first, so that pods which it makes meanwhile are right; what its pods still need
is noted on it in the same write, and taken off when all of them have it: a controller that dies in between goes on.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct, to_builtins

from serinus.api import keys
from serinus.api.kinds import POD, REPLICA_SET
from serinus.api.meta import PodTemplateMeta
from serinus.api.patches import difference, exact_difference, joined
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Pod, ReplicaSet
from serinus.plan import Listed, Patch, Pods, Ref, Seen
from serinus.rollout.fleet import Fleet
from serinus.rollout.injected import Metadata, own_metadata
from serinus.rollout.progress import Progress

_AT_ONCE = 20
"""Pods that are changed in one go: what a person asks for meanwhile must not wait for hundreds of them."""
_AGAIN = timedelta(milliseconds=200)


class Relabelling(Struct, frozen=True):
    """What is done now about pods that exist."""

    writes: tuple[Patch, ...] = ()
    asks: tuple[Pods, ...] = ()
    wake: datetime | None = None


def parts(rollout: Rollout, fleet: Fleet, progress: Progress) -> dict[str, PodTemplateMeta]:
    """The metadata of each version's part, by its hash; a version that is not named has none."""
    stable, new = _configured(rollout)
    if fleet.stable is None or progress.stable_hash == fleet.hash:
        return {fleet.hash: stable}
    return {fleet.stable.hash: stable, fleet.hash: new}


def with_part(manifest: Manifest, part: PodTemplateMeta) -> Manifest:
    """A new ReplicaSet with the metadata of its part."""
    template, metadata = manifest["spec"]["template"], manifest["metadata"]
    own = {name: template["metadata"].get(name) or {} for name in ("labels", "annotations")}
    wanted = {name: values for name, values in _covered_by(own, part).items() if values}
    notes = {key: text for key, text in _notes(own, part).items() if text is not None}
    return manifest | {
        "metadata": metadata | {"annotations": metadata["annotations"] | notes},
        "spec": manifest["spec"] | {"template": template | {"metadata": template["metadata"] | wanted}},
    }


def change_of(item: ReplicaSet, part: PodTemplateMeta) -> Manifest:
    """The merge patch that gives a ReplicaSet the metadata of its part; empty when it has it."""
    metadata = item.spec.template.get("metadata") or {}
    found = {name: metadata.get(name) or {} for name in ("labels", "annotations")}
    own = own_metadata(item)
    body = exact_difference(found, _covered_by(own, part))
    notes: dict[str, str | None] = dict(_notes(own, part))
    if body and (item.replicas or item.status.replicas):
        notes[keys.PODS_BEHIND] = _json(joined(behind(item), body))
    notes = {key: text for key, text in notes.items() if item.metadata.annotations.get(key) != text}
    changed: Manifest = {"metadata": {"annotations": notes}} if notes else {}
    return changed | ({"spec": {"template": {"metadata": body}}} if body else {})


def relabel(seen: Seen, fleet: Fleet, changing: set[str], now: datetime) -> Relabelling:
    """Bring pods that exist to what their ReplicaSets say; those of ``changing`` ones wait for that change."""
    late = [item for item in fleet.all if keys.PODS_BEHIND in item.metadata.annotations and item.name not in changing]
    if not late:
        return Relabelling()
    if not all(item.is_observed for item in late):
        return Relabelling()  # pods may still be made from the template as it was
    ask = Pods(str(seen.rollout.spec.selector or ""))
    listed = seen.answers.get(ask)
    if not isinstance(listed, Listed):
        return Relabelling(asks=(ask,))
    writes = [(item, patch) for item in late for patch in _pod_patches(item, listed)]
    left = {item.name for item, _ in writes[_AT_ONCE:]}
    done = [_done(item) for item in late if item.name not in left]
    patches = (*(patch for _, patch in writes[:_AT_ONCE]), *done)
    return Relabelling(patches, wake=now + _AGAIN if left else None)


def behind(item: ReplicaSet) -> Metadata:
    """The merge patch that pods of a ReplicaSet may still need."""
    try:
        found = msgspec.json.decode(
            item.metadata.annotations.get(keys.PODS_BEHIND, "{}"), type=dict[str, dict[str, str | None]]
        )
    except msgspec.MsgspecError:
        found = {}
    return {name: dict(found.get(name) or {}) for name in ("labels", "annotations")}


def _configured(rollout: Rollout) -> tuple[PodTemplateMeta, PodTemplateMeta]:
    """The metadata of the two parts: stable or active, canary or preview."""
    canary, blue_green = rollout.spec.strategy.canary, rollout.spec.strategy.blue_green
    if blue_green is not None:
        found = blue_green.active_metadata, blue_green.preview_metadata
    else:
        found = (canary.stable_metadata, canary.canary_metadata) if canary else (None, None)
    return found[0] or PodTemplateMeta(), found[1] or PodTemplateMeta()


def _covered_by(own: Metadata, part: PodTemplateMeta) -> Metadata:
    return {"labels": own["labels"] | part.labels, "annotations": own["annotations"] | part.annotations}


def _notes(own: Metadata, part: PodTemplateMeta) -> dict[str, str | None]:
    """What stands on a ReplicaSet about its part: the injected metadata, and what they cover of the user's own."""
    injected = {"labels": part.labels, "annotations": part.annotations}
    covered = {name: {key: own[name][key] for key in values if key in own[name]} for name, values in injected.items()}
    return {keys.EPHEMERAL_METADATA: _json(injected), keys.COVERED_METADATA: _json(covered)}


def _json(metadata: Metadata) -> str | None:
    """As an annotation; None where there is nothing to say."""
    said = {name: values for name, values in metadata.items() if values}
    return msgspec.json.encode(to_builtins(said), order="sorted").decode() if said else None


def _pod_patches(item: ReplicaSet, listed: Listed) -> Iterator[Patch]:
    wanted = {name: values for name, values in behind(item).items() if values}
    for pod in listed.pods:
        is_ours = pod.owner == item.metadata.uid and pod.metadata.deletion_timestamp is None
        if is_ours and (body := difference(_present(pod), wanted)):
            ref = Ref(POD, item.metadata.namespace, pod.metadata.name)
            yield Patch(ref, {"metadata": {"uid": pod.metadata.uid, **body}})


def _present(pod: Pod) -> Metadata:
    return {"labels": dict(pod.metadata.labels), "annotations": dict(pod.metadata.annotations)}


def _done(item: ReplicaSet) -> Patch:
    body = {"metadata": {"uid": item.metadata.uid, "annotations": {keys.PODS_BEHIND: None}}}
    return Patch(Ref(REPLICA_SET, item.metadata.namespace, item.name), body)
