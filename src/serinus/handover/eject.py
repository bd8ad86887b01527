"""From a Rollout back to a Deployment.

The Deployment gets its pods first. Then the Rollout gives up its Services and routes, which find the pods of both by
their labels from then on; and only when that has taken effect everywhere it goes, with its pods.
"""

import json
from typing import Any, Literal

from msgspec import Struct, to_builtins

from serinus.api import keys
from serinus.api.deployment import Autoscaler, Deployment
from serinus.api.kinds import DEPLOYMENT, ROLLOUT, SERVICE
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign, Service
from serinus.handover.scaling import named, repointed, scaling
from serinus.handover.step import Act, Done, HandoverError, Rest, Step, Wait
from serinus.plan import Create, Delete, Patch, Ref, Write
from serinus.view.phase import is_observed

PLAIN: Manifest = {"canary": {}}
"""A strategy that needs neither Services nor routes."""


class Ejection(Struct, frozen=True, kw_only=True):
    """What there is."""

    name: str
    """The Deployment that there shall be."""
    rollout: Rollout | None
    deployment: Deployment | None = None
    template: Manifest | None = None
    """The pod template of the stable version; None where there is none yet."""
    services: tuple[Service, ...] = ()
    """All Services beside the Rollout."""
    objects: tuple[Foreign, ...] = ()
    """Objects of traffic layers that the Rollout has named."""
    autoscalers: tuple[Autoscaler, ...] = ()
    force: bool = False
    """Whether an update that is under way may be given up."""
    repoint: bool = False
    """Whether autoscalers of the Rollout shall scale the Deployment afterwards."""


def borrows(rollout: Rollout) -> bool:
    """Whether its pods are those of a Deployment that is there already."""
    reference = rollout.spec.workload_ref
    return reference is not None and reference.referred is DEPLOYMENT


def next_ejection(seen: Ejection) -> Step:
    """What comes next; raises HandoverError."""
    rollout, deployment = seen.rollout, seen.deployment
    if rollout is None:
        count = deployment.replicas if deployment else 0
        return Done(f"The Rollout is gone: Deployment {seen.name} serves with {count} pods")
    if rollout.metadata.deletion_timestamp:
        return Wait(f"Rollout {rollout.name} goes")
    _check(seen, rollout)
    return (
        _settled(seen, rollout)
        or _let_go(rollout)
        or _grown(seen, rollout)
        or _carried(seen, rollout)
        or _given_up(seen, rollout)
        or _left(seen, rollout)
    )


def made(rollout: Rollout, name: str, template: Manifest | None) -> Manifest:
    """The Deployment in the place of a Rollout that has none; raises HandoverError where no version is known."""
    spec = rollout.spec
    wanted = spec.template or template
    if not wanted or spec.selector is None:
        raise HandoverError(
            f"Rollout {rollout.name} has never had a stable version, and no pod template of its own: "
            "there is nothing to make a Deployment of"
        )
    canary = spec.strategy.canary
    limits = {"maxSurge": canary.max_surge, "maxUnavailable": canary.max_unavailable} if canary else {}
    limits = {key: value for key, value in limits.items() if value is not None}
    optional = {
        "minReadySeconds": spec.min_ready_seconds or None,
        "revisionHistoryLimit": spec.revision_history_limit,
        "progressDeadlineSeconds": spec.progress_deadline_seconds,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": limits} if limits else None,
    }
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": {
            "name": name,
            "namespace": rollout.metadata.namespace,
            "annotations": {keys.EJECTED_FROM: rollout.metadata.uid},
        },
        "spec": {
            "replicas": rollout.replicas,
            "selector": to_builtins(spec.selector),
            "template": wanted,
            **{key: value for key, value in optional.items() if value is not None},
        },
    }


def _check(seen: Ejection, rollout: Rollout) -> None:
    deployment, name = seen.deployment, seen.name
    users = scaling(seen.autoscalers, ROLLOUT, rollout.name)
    origin = deployment.metadata.annotations.get(keys.EJECTED_FROM) if deployment else None
    wrong = {
        f"Deployment {name}, whose pods it has, is missing": borrows(rollout) and deployment is None,
        f"there is a Deployment {name} already that is none of its own; choose another name by --name":
            not borrows(rollout) and deployment is not None and origin != rollout.metadata.uid,
        f"Deployment {name} is paused; let it go on first: kubectl rollout resume deployment/{name}":
            deployment is not None and deployment.spec.paused,
        f"{named(users)} scales it; with --repoint-hpa it scales the Deployment afterwards":
            bool(users) and not seen.repoint,
    }  # fmt: skip
    if found := next((text for text, is_so in wrong.items() if is_so), ""):
        raise HandoverError(f"Rollout {rollout.name} cannot be ejected now: {found}")


def _settled(seen: Ejection, rollout: Rollout) -> Step | None:
    """See that the template is that of the stable version; with force, make it so."""
    status, name = rollout.status, rollout.name
    if not _is_seen(seen, rollout):
        return Wait(f"Rollout {name} waits for its controller", on_controller=True)
    refused = status.condition("InvalidSpec")
    if not status.stable_rs or (status.stable_rs == status.current_pod_hash and refused is None):
        return None
    if not seen.force:
        raise HandoverError(
            f"Rollout {name} is not at rest on its stable version ({status.phase}: {status.message}), and its pod "
            f"template is another one. Finish the update (serinus promote {name} --full), or give it up and go "
            f"with the stable version: serinus eject {name} --force"
        )
    holder = (
        (Ref(DEPLOYMENT, rollout.metadata.namespace, seen.name), seen.deployment.spec.template)
        if borrows(rollout) and seen.deployment
        else (Ref(ROLLOUT, rollout.metadata.namespace, name), rollout.spec.template or {})
    )
    if seen.template is None or _bare(holder[1]) == _bare(seen.template):
        return Wait(f"Rollout {name} goes back to its stable version: {status.phase} {status.message}".rstrip())
    body = [{"op": "replace", "path": "/spec/template", "value": seen.template}]
    return Act(f"{holder[0].kind.kind} {holder[0].name} gets the stable template", (Patch(holder[0], body, "json"),))


def _is_seen(seen: Ejection, rollout: Rollout) -> bool:
    """Whether the controller has seen the Rollout and its workload as they are."""
    if not borrows(rollout) or seen.deployment is None:
        return is_observed(rollout)
    return is_observed(rollout) and rollout.status.workload_observed_generation in {
        "",
        str(seen.deployment.metadata.generation),
    }


def _bare(template: Manifest) -> Manifest:
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if value}
    return template | {"metadata": metadata}


def _let_go(rollout: Rollout) -> Step | None:
    """Have the controller leave the Deployment's size alone."""
    reference = rollout.spec.workload_ref
    if reference is None or reference.scale_down in {"", "never"}:
        return None
    text = f"Rollout {rollout.name} leaves Deployment {reference.name} alone"
    return Act(text, (_patch(rollout, {"spec": {"workloadRef": {"scaleDown": "never"}}}),))


def _grown(seen: Ejection, rollout: Rollout) -> Step | None:
    """Give the Deployment as many pods as the Rollout has."""
    deployment, count = seen.deployment, rollout.replicas
    ref = Ref(DEPLOYMENT, rollout.metadata.namespace, seen.name)
    if deployment is None:
        fresh = made(rollout, seen.name, seen.template)
        return Act(f"Deployment {seen.name} is made, of {count} pods", (Create(ref, fresh),))
    if deployment.replicas >= count and keys.REPLICAS_BEFORE not in deployment.metadata.annotations:
        return None
    count = max(count, deployment.replicas)
    body = {"metadata": {"annotations": {keys.REPLICAS_BEFORE: None}}, "spec": {"replicas": count}}
    return Act(f"Deployment {seen.name} gets {count} pods", (Patch(ref, body),))


def _carried(seen: Ejection, rollout: Rollout) -> Step | None:
    """Wait for the pods of the Deployment, and for the end of old versions, which no Service must find."""
    deployment, status = seen.deployment, rollout.status
    if deployment and not deployment.is_settled:
        ready = f"{deployment.status.available_replicas} of {deployment.replicas} pods available"
        return Wait(f"Deployment {seen.name}: {ready}; Rollout {rollout.name}: {status.available_replicas or 0}")
    count = (status.replicas or 0) - (status.updated_replicas or 0)
    if status.stable_rs and count > 0:
        return Wait(f"Rollout {rollout.name}: {count} pods of old versions end first (scaleDownDelaySeconds)")
    return None


def _given_up(seen: Ejection, rollout: Rollout) -> Step | None:
    """Take the Rollout's hash out of all that leads to its pods; the controller does not write it again."""
    strategy = rollout.spec.strategy
    canary = strategy.canary
    if rollout.service_names or strategy.blue_green or (canary and canary.traffic_routing):
        body = [{"op": "replace", "path": "/spec/strategy", "value": PLAIN}]
        text = f"Rollout {rollout.name} gives up its Services and routes"
        return Act(text, (_patch(rollout, body),))
    hashes = {rollout.status.stable_rs, rollout.status.current_pod_hash} - {""}
    if held := [service for service in seen.services if service.hash in hashes]:
        names = ", ".join(service.metadata.name for service in held)
        return Act(f"Services of all pods again: {names}", tuple(_freed(service) for service in held))
    bound = (item for item in seen.objects if any(hash_ in json.dumps(item.raw.get("spec")) for hash_ in hashes))
    if item := next(bound, None):
        return Wait(f"{item.raw.get('kind')} {item.metadata.name} leads to one version only", on_controller=True)
    return None


def _freed(service: Service) -> Write:
    body = {
        "metadata": {"annotations": {keys.MANAGED_BY: None}},
        "spec": {"selector": {keys.POD_TEMPLATE_HASH: None}},
    }
    ref = Ref(SERVICE, service.metadata.namespace, service.metadata.name)
    return Patch(ref, body, resource_version=service.metadata.resource_version)


def _left(seen: Ejection, rollout: Rollout) -> Step:
    """Let everything take effect, and then the Rollout go."""
    if users := scaling(seen.autoscalers, ROLLOUT, rollout.name):
        return repointed(users, DEPLOYMENT, seen.name)
    ref = Ref(ROLLOUT, rollout.metadata.namespace, rollout.name)
    end = Act(f"Rollout {rollout.name} goes, and its pods with it", (Delete(ref, rollout.metadata.uid),))
    return Rest(f"Deployment {seen.name} serves beside Rollout {rollout.name}; that takes effect everywhere", end)


def _patch(rollout: Rollout, body: Any) -> Patch:
    how: Literal["merge", "json"] = "json" if isinstance(body, list) else "merge"
    return Patch(Ref(ROLLOUT, rollout.metadata.namespace, rollout.name), body, how)
