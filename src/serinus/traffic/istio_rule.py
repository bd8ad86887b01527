"""The DestinationRule whose subsets follow the versions.

A label moves only onto a version that can serve, as the selector of a Service does: until then the subset leads where
it led, and no weight is given to it. Subsets that are nobody's business here stay as they are.
"""

from collections.abc import Iterator
from typing import Any

from serinus.api import keys
from serinus.api.rollout import Rollout
from serinus.api.routing import IstioDestinationRule
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.router import Traffic, Wanted

Subset = dict[str, Any]


def problem(rollout: Rollout, spec: IstioDestinationRule, found: Foreign) -> str:
    """What keeps a DestinationRule from following the versions; empty when nothing does."""
    owner = found.metadata.annotations.get(keys.MANAGED_BY, rollout.name)
    if owner != rollout.name:
        return f"DestinationRule `{spec.name}` is managed by another Rollout: {owner}"
    names = {subset.get("name") for subset in _subsets(found)}
    for name in (spec.canary_subset_name, spec.stable_subset_name):
        if name not in names:
            return f"DestinationRule `{spec.name}` has no subset '{name}'"
    return ""


def host(found: Foreign) -> str:
    """The host that the rule is about."""
    return str((found.raw.get("spec") or {}).get("host", ""))


def stale(traffic: Traffic, spec: IstioDestinationRule, found: Foreign) -> tuple[bool, bool]:
    """Whether the subsets of canary and of stable lead to other versions than they should."""
    hashes = {subset.get("name"): _hash(subset) for subset in _subsets(found)}
    return (
        hashes.get(spec.canary_subset_name, "") != traffic.canary_hash,
        hashes.get(spec.stable_subset_name, "") != traffic.stable_hash,
    )


def wanted(traffic: Traffic, spec: IstioDestinationRule, ref: Ref, found: Foreign) -> Wanted:
    """The rule with each subset on its version, as far as that can serve."""
    subsets = list(_followed(traffic, spec, found))
    manifest: Manifest = {
        "metadata": {"annotations": {keys.MANAGED_BY: traffic.rollout.name}},
        "spec": {"subsets": subsets},
    }
    led = ", ".join(f"{subset['name']}: {_hash(subset)}" for subset in subsets if _hash(subset))
    return Wanted(ref, manifest, "UpdatedDestinationRule", f"DestinationRule `{ref.name}` subsets updated ({led})")


def without_us(ref: Ref, found: Foreign) -> Wanted:
    """The rule as it was before a Rollout used it."""
    subsets = [_labelled(subset, "") for subset in _subsets(found)]
    manifest: Manifest = {"metadata": {"annotations": {keys.MANAGED_BY: None}}, "spec": {"subsets": subsets}}
    return Wanted(ref, manifest, "UpdatedDestinationRule", f"DestinationRule `{ref.name}` given back")


def _followed(traffic: Traffic, spec: IstioDestinationRule, found: Foreign) -> Iterator[Subset]:
    wanted = {spec.canary_subset_name: traffic.canary_hash, spec.stable_subset_name: traffic.stable_hash}
    extras = {item.service: item.hash for item in traffic.additional}
    present = _subsets(found)
    for subset in present:
        name = subset.get("name", "")
        if name in wanted:
            yield _labelled(subset, _reachable(traffic, _hash(subset), wanted[name]))
        elif name in extras:
            yield _labelled(subset, extras[name])
        elif name in spec.additional_subset_names or not _is_experiments(subset):
            yield subset
    known = {subset.get("name") for subset in present}
    yield from (_labelled({"name": name}, hash_) for name, hash_ in sorted(extras.items()) if name not in known)


def _reachable(traffic: Traffic, present: str, hash_: str) -> str:
    """The hash that a subset may have now.

    One without a hash leads to all pods of its host: it is narrowed only onto a version that is fully there.
    """
    if not hash_:
        return ""
    able = traffic.serving if present else traffic.whole
    return hash_ if hash_ in able else present


def _labelled(subset: Subset, hash_: str) -> Subset:
    if _hash(subset) == hash_:
        return subset
    labels = {key: value for key, value in (subset.get("labels") or {}).items() if key != keys.POD_TEMPLATE_HASH}
    labels |= {keys.POD_TEMPLATE_HASH: hash_} if hash_ else {}
    plain = {key: value for key, value in subset.items() if key != "labels"}
    return plain | {"labels": labels} if labels else plain


def _is_experiments(subset: Subset) -> bool:
    """Whether a subset is one that was made for an experiment: it has a name, our label, and nothing else."""
    return set(subset) == {"name", "labels"} and set(subset["labels"]) == {keys.POD_TEMPLATE_HASH}


def _subsets(found: Foreign) -> list[Subset]:
    return (found.raw.get("spec") or {}).get("subsets") or []


def _hash(subset: Subset) -> str:
    return str((subset.get("labels") or {}).get(keys.POD_TEMPLATE_HASH, ""))
