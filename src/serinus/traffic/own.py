"""Objects of our own beside those of the user: controlled by the Rollout, they go with it."""

from collections.abc import Mapping

from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Ref


def own(ref: Ref, rollout: Rollout, spec: Manifest, annotations: Mapping[str, str] | None = None) -> Manifest:
    """An object that a Rollout controls."""
    metadata: Manifest = {"name": ref.name, "namespace": ref.namespace, "ownerReferences": [rollout.owner_reference]}
    return {
        "apiVersion": ref.kind.api_version,
        "kind": ref.kind.kind,
        "metadata": metadata | ({"annotations": dict(annotations)} if annotations else {}),
        "spec": spec,
    }


def spec_like(theirs: Foreign, present: Foreign | None) -> Manifest:
    """The spec of a user's object for ours beside it; what ours has and theirs has no more is taken out."""
    wanted, held = theirs.raw.get("spec") or {}, (present.raw.get("spec") or {}) if present else {}
    return {key: None for key in held if key not in wanted} | wanted
