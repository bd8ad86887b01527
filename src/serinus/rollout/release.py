"""When a Service is given back to its own selector."""

from serinus.api import keys
from serinus.api.kinds import SERVICE
from serinus.api.rollout import Rollout
from serinus.api.workload import Service
from serinus.plan import Patch, Plan, Ref


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


def names(rollout: Rollout, service: str) -> bool:
    """Whether a Rollout uses a Service; one that is on its way out uses none."""
    return rollout.metadata.deletion_timestamp is None and service in rollout.service_names
