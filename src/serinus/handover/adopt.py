"""From a Deployment to a Rollout that takes its pods from it.

The Deployment keeps its pods until the Rollout carries everything; the controller lets them go (``scaleDown``).
"""

from msgspec import Struct, field

from serinus.api import keys
from serinus.api.deployment import Autoscaler, Deployment
from serinus.api.kinds import DEPLOYMENT, ROLLOUT
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.handover.scaling import named, repointed, scaling
from serinus.handover.step import Act, Done, HandoverError, Step, Wait
from serinus.plan import Create, Patch, Ref, Write
from serinus.view.phase import DEGRADED, HEALTHY, is_observed, phase_of

_LIMIT, _DEADLINE, _SHARE = 10, 600, "25%"
"""What the API writes into every Deployment, and is the default of a Rollout, too."""


class Wishes(Struct, frozen=True, kw_only=True):
    """What the user wants of the Rollout."""

    name: str
    strategy: Manifest = field(default_factory=lambda: {"canary": {}})
    scale_down: str = "onsuccess"
    """When the Deployment's pods go: ``onsuccess``, all at the end, or ``progressively``, one by one."""
    repoint: bool = False
    """Whether autoscalers of the Deployment shall scale the Rollout afterwards."""


class Adoption(Struct, frozen=True, kw_only=True):
    """What there is."""

    wishes: Wishes
    deployment: Deployment
    rollout: Rollout | None = None
    """The Rollout of the wanted name."""
    others: tuple[str, ...] = ()
    """Rollouts of other names that take their pods from the Deployment."""
    autoscalers: tuple[Autoscaler, ...] = ()


def next_adoption(seen: Adoption) -> Step:
    """What comes next; raises HandoverError."""
    deployment, rollout = seen.deployment, seen.rollout
    if rollout is None:
        check(seen)
        return Act(f"Rollout {seen.wishes.name} is made beside Deployment {deployment.name}", _begin(seen))
    _require_own(seen, rollout)
    if not is_observed(rollout):
        return Wait(f"Rollout {rollout.name} waits for its controller", on_controller=True)
    phase = phase_of(rollout)
    if phase.name == DEGRADED:
        raise HandoverError(
            f"Rollout {rollout.name} is Degraded: {phase.message}. Deployment {deployment.name} has "
            f"{deployment.status.ready_replicas} of {deployment.replicas} pods ready. To give up: "
            f"serinus eject {rollout.name}"
        )
    if deployment.replicas > rollout.replicas:
        return _grown(rollout, deployment)
    if deployment.replicas or deployment.status.replicas or phase.name != HEALTHY:
        return Wait(_counts(rollout, deployment))
    if left := scaling(seen.autoscalers, DEPLOYMENT, deployment.name):
        return repointed(left, ROLLOUT, rollout.name)
    return Done(f"Deployment {deployment.name} is adopted: Rollout {rollout.name} serves with {rollout.replicas} pods")


def check(seen: Adoption) -> None:
    """Refuse to begin where no Rollout can take over; raises HandoverError."""
    deployment, name = seen.deployment, seen.deployment.name
    spec, status, before = deployment.spec, deployment.status, deployment.metadata.annotations.get(keys.REPLICAS_BEFORE)
    users = scaling(seen.autoscalers, DEPLOYMENT, name)
    wrong = {
        f"it is adopted already, by Rollout {', '.join(seen.others)}": bool(seen.others),
        "its strategy is Recreate, so two versions of its pods may not stand side by side, and those of a Rollout do":
            spec.strategy.type == "Recreate",
        f"it is paused; let it go on first: kubectl rollout resume deployment/{name}": spec.paused,
        f"it has no pods; give it some first: kubectl scale deployment/{name} --replicas={before or 1}":
            spec.replicas == 0,
        f"not all of its pods are updated and ready ({status.available_replicas} of {spec.replicas}); wait for "
        f"kubectl rollout status deployment/{name}": not deployment.is_settled,
        f"{named(users)} scales it; with --repoint-hpa it scales the Rollout as soon as that carries everything":
            bool(users) and not seen.wishes.repoint,
    }  # fmt: skip
    if found := next((text for text, is_so in wrong.items() if is_so), ""):
        raise HandoverError(f"Deployment {name} cannot be adopted now: {found}")


def adopted(deployment: Deployment, wishes: Wishes) -> Manifest:
    """The Rollout, as a user would write it; what is as by default is left out."""
    spec = deployment.spec
    optional = {
        "minReadySeconds": spec.min_ready_seconds or None,
        "revisionHistoryLimit": None if spec.revision_history_limit == _LIMIT else spec.revision_history_limit,
        "progressDeadlineSeconds": _unless(spec.progress_deadline_seconds, _DEADLINE),
    }
    reference = {"apiVersion": DEPLOYMENT.api_version, "kind": DEPLOYMENT.kind, "name": deployment.name}
    return {
        "apiVersion": ROLLOUT.api_version,
        "kind": ROLLOUT.kind,
        "metadata": {"name": wishes.name, "namespace": deployment.metadata.namespace},
        "spec": {
            "replicas": spec.replicas,
            "workloadRef": reference | {"scaleDown": wishes.scale_down},
            **{key: value for key, value in optional.items() if value is not None},
            "strategy": _strategy(deployment, wishes.strategy),
        },
    }


def _strategy(deployment: Deployment, wanted: Manifest) -> Manifest:
    """A canary keeps the limits that the Deployment has set for its updates."""
    if "canary" not in wanted:
        return wanted
    limits = deployment.spec.strategy.rolling_update
    own = {"maxSurge": _unless(limits.max_surge, _SHARE), "maxUnavailable": _unless(limits.max_unavailable, _SHARE)}
    return {"canary": {key: value for key, value in own.items() if value is not None} | wanted["canary"]}


def _unless(value: int | str | None, default: int | str) -> int | str | None:
    return None if value == default else value


def _begin(seen: Adoption) -> tuple[Write, ...]:
    """Forget what an earlier Rollout has noted on the Deployment, then make this one."""
    meta = seen.deployment.metadata
    ref = Ref(DEPLOYMENT, meta.namespace, meta.name)
    stale = Patch(ref, {"metadata": {"annotations": {keys.REPLICAS_BEFORE: None}}})
    fresh = Create(Ref(ROLLOUT, meta.namespace, seen.wishes.name), adopted(seen.deployment, seen.wishes))
    return (stale, fresh) if keys.REPLICAS_BEFORE in meta.annotations else (fresh,)


def _require_own(seen: Adoption, rollout: Rollout) -> None:
    reference, name = rollout.spec.workload_ref, seen.deployment.name
    if reference is None or reference.referred is not DEPLOYMENT or reference.name != name:
        raise HandoverError(
            f"there is a Rollout {rollout.name} already that has nothing to do with Deployment {name}: "
            "choose another name by --name"
        )
    if not reference.scale_down or reference.scale_down == "never":
        raise HandoverError(
            f"Rollout {rollout.name} has taken its pods from Deployment {name} already, and is to leave the "
            "Deployment's own pods alone (workloadRef.scaleDown: never)"
        )


def _grown(rollout: Rollout, deployment: Deployment) -> Act:
    """The Deployment was scaled up meanwhile: the Rollout needs as many."""
    ref = Ref(ROLLOUT, rollout.metadata.namespace, rollout.name)
    text = f"Rollout {rollout.name} grows to {deployment.replicas} pods, as Deployment {deployment.name} has"
    return Act(text, (Patch(ref, {"spec": {"replicas": deployment.replicas}}),))


def _counts(rollout: Rollout, deployment: Deployment) -> str:
    status = rollout.status
    return (
        f"Rollout {rollout.name}: {status.available_replicas or 0} of {rollout.replicas} pods available; "
        f"Deployment {deployment.name}: {deployment.status.available_replicas}"
    )
