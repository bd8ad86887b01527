"""Autoscalers: whom they scale, and how they are turned to somebody else."""

from collections.abc import Sequence

from serinus.api.deployment import Autoscaler
from serinus.api.kinds import HORIZONTAL_POD_AUTOSCALER, Kind
from serinus.handover.step import Act
from serinus.plan import Patch, Ref


def scaling(autoscalers: Sequence[Autoscaler], kind: Kind, name: str) -> tuple[Autoscaler, ...]:
    """Those that scale an object; the version of the group does not matter."""
    return tuple(item for item in autoscalers if _target(item) == (_group(kind.api_version), kind.kind, name))


def repointed(autoscalers: Sequence[Autoscaler], kind: Kind, name: str) -> Act:
    """Let them scale this object from now on."""
    target = {"apiVersion": kind.api_version, "kind": kind.kind, "name": name}
    writes = tuple(
        Patch(
            Ref(HORIZONTAL_POD_AUTOSCALER, item.metadata.namespace, item.metadata.name),
            {"spec": {"scaleTargetRef": target}},
            resource_version=item.metadata.resource_version,
        )
        for item in autoscalers
    )
    return Act(f"{named(autoscalers)} scales {kind.kind} {name} from now on", writes)


def named(autoscalers: Sequence[Autoscaler]) -> str:
    """Autoscalers as people read them."""
    return ", ".join(f"HorizontalPodAutoscaler {item.metadata.name}" for item in autoscalers)


def _target(item: Autoscaler) -> tuple[str, str, str]:
    target = item.spec.scale_target_ref
    return _group(target.api_version), target.kind, target.name


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
