"""When Services and objects of traffic layers are given back to their users."""

from collections.abc import Collection, Sequence

from serinus.api import keys
from serinus.api.kinds import SERVICE
from serinus.api.patches import difference
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign, Service
from serinus.plan import Patch, Plan, Ref
from serinus.rollout.ownership import letting_go
from serinus.traffic.router import Router


def plan_release(service: Service, owner: Rollout | None) -> Plan:
    """Take our hash out of a Service that no Rollout uses any more, so that it finds pods by its labels again.

    ``owner`` is the Rollout that the Service says it is managed by; None when that is gone.
    """
    if keys.MANAGED_BY not in service.metadata.annotations or (owner and names(owner, service.metadata.name)):
        return Plan()
    body = {
        "metadata": {"annotations": {keys.MANAGED_BY: None}},
        "spec": {"selector": {keys.POD_TEMPLATE_HASH: None}},
    }
    ref = Ref(SERVICE, service.metadata.namespace, service.metadata.name)
    return Plan(writes=(Patch(ref, body, resource_version=service.metadata.resource_version),))


def plan_leave(ref: Ref, found: Foreign, users: Collection[Rollout], routers: Sequence[Router]) -> Plan:
    """Take out what routers left in an object for Rollouts that do not use it; then let go of its fields.

    ``users`` are the Rollouts that name the object.
    """
    if found.metadata.controller is not None:
        return Plan()
    for router in routers:
        wanted = router.leave(ref, found, users)
        if wanted and (body := difference(found.raw, wanted.manifest)):
            return Plan(writes=(Patch(ref, body, resource_version=found.metadata.resource_version),))
    release = None if users else letting_go(ref, found)
    return Plan(writes=(release,) if release else ())


def names(rollout: Rollout, service: str) -> bool:
    """Whether a Rollout uses a Service; one that is on its way out uses none."""
    return rollout.metadata.deletion_timestamp is None and service in rollout.service_names
