"""``workloadRef``: the pod template is another workload's, and a Deployment's own pods go when the Rollout has its.

What is found there stands in for the spec in memory only; nothing of it is ever written into the Rollout.
"""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from serinus.api import keys
from serinus.api.kinds import DEPLOYMENT, POD_TEMPLATE
from serinus.api.meta import LabelSelector, labels_of
from serinus.api.rollout import WORKLOADS, ObjectRef, Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Event, Patch, Ref, Seen
from serinus.rollout.complaints import forbidden, invalid, required
from serinus.rollout.fleet import Fleet

_PATH = "spec.workloadRef"
_ON_SUCCESS, _PROGRESSIVELY = "onsuccess", "progressively"


class Handover(Struct, frozen=True):
    """What happens to the Deployment's own pods now."""

    writes: tuple[Patch, ...] = ()
    wake: datetime | None = None


def workload_problem(seen: Seen) -> str:
    """Why the template cannot be taken from the workload; empty when it can, or when none is named."""
    rollout, reference = seen.rollout, seen.rollout.spec.workload_ref
    if reference is None:
        return ""
    if _has_metadata(rollout.spec.template):
        return forbidden("spec.template", "template must be empty for workload reference rollout")
    if not reference.name:
        return required(f"{_PATH}.name", "name the workload whose pods are wanted")
    kind = reference.referred
    if kind is None:
        known = ", ".join(f"{item.api_version} {item.kind}" for item in WORKLOADS)
        asked = f"{reference.api_version} {reference.kind}".strip()
        return invalid(_PATH, asked, f"workload of this type is not supported: take one of {known}")
    ref = Ref(kind, rollout.metadata.namespace, reference.name)
    if ref in seen.unseen:
        return invalid(f"{_PATH}.name", reference.name, seen.unseen[ref])
    if seen.workload is None:
        group = f".{kind.api_version.partition('/')[0]}" if "/" in kind.api_version else ""
        return invalid(f"{_PATH}.name", reference.name, f'{kind.plural}{group} "{reference.name}" not found')
    return ""


def resolved(seen: Seen) -> Seen:
    """What is seen, with the workload's template, and its selector where the Rollout has none of its own."""
    rollout, reference = seen.rollout, seen.rollout.spec.workload_ref
    if reference is None or seen.workload is None:
        return seen
    template, selector = _template_of(reference, seen.workload), rollout.spec.selector
    found = (seen.workload.raw.get("spec") or {}).get("selector")
    if selector is None and found and reference.referred is not POD_TEMPLATE:
        selector = msgspec.convert(found, LabelSelector)
    return replace(seen, rollout=replace(rollout, spec=replace(rollout.spec, template=template, selector=selector)))


def generation(seen: Seen) -> str:
    """The workload's generation, as statuses and annotations say it; empty without a workload."""
    return str(seen.workload.metadata.generation) if seen.rollout.spec.workload_ref and seen.workload else ""


def handover(seen: Seen, fleet: Fleet, revision: int, now: datetime) -> Handover:
    """Scale the Deployment down as ``scaleDown`` says; with the first revision only, so that it may come back later."""
    reference, found = seen.rollout.spec.workload_ref, seen.workload
    if reference is None or found is None or reference.referred is not DEPLOYMENT or revision != 1:
        return Handover()
    present: int = found.raw["spec"].get("replicas", 1)
    end = _end(seen)
    if reference.scale_down == _PROGRESSIVELY and end is None:
        wanted = _share(seen.rollout, fleet, found, present)
    elif reference.scale_down in {_ON_SUCCESS, _PROGRESSIVELY} and end is not None and now >= end:
        wanted = 0
    else:
        return Handover(wake=end if end and reference.scale_down and present and now < end else None)
    return Handover((_scaled(seen, found, present, wanted),)) if wanted != present else Handover()


def _end(seen: Seen) -> datetime | None:
    """When the Rollout carries everything: it is healthy, and what was moved then has taken effect everywhere."""
    healthy = seen.rollout.status.condition("Healthy")
    if healthy is None or healthy.status != "True":
        return None
    return healthy.last_transition_time + timedelta(seconds=seen.settings.drain_seconds + 1)


def _share(rollout: Rollout, fleet: Fleet, found: Foreign, present: int) -> int:
    """As many pods as the Rollout still lacks: never more than the Deployment had, and none again that it gave up."""
    if rollout.status.condition("Healthy") is not None:
        return present
    before = found.metadata.annotations.get(keys.REPLICAS_BEFORE, "")
    serving = fleet.new.serving if fleet.new and fleet.new.is_observed else 0
    return min(int(before) if before.isdecimal() else present, max(0, rollout.replicas - serving))


def _scaled(seen: Seen, found: Foreign, present: int, wanted: int) -> Patch:
    name = found.metadata.name
    before = found.metadata.annotations.get(keys.REPLICAS_BEFORE, str(present))
    body = {"metadata": {"annotations": {keys.REPLICAS_BEFORE: before}}, "spec": {"replicas": wanted}}
    direction = "up" if wanted > present else "down"
    event = Event("ScalingDeployment", f"Scaled {direction} Deployment {name} from {present} to {wanted}")
    ref = Ref(DEPLOYMENT, seen.rollout.metadata.namespace, name)
    return Patch(ref, body, resource_version=found.metadata.resource_version, event=event)


def _template_of(reference: ObjectRef, found: Foreign) -> Manifest:
    holder = found.raw if reference.referred is POD_TEMPLATE else found.raw.get("spec") or {}
    return dict(holder.get("template") or {})


def _has_metadata(template: Manifest | None) -> bool:
    annotations = ((template or {}).get("metadata") or {}).get("annotations")
    return bool(annotations or labels_of(template or {}))
