"""Services that swap the roles of stable and canary, alone or beside Services of fixed roles."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.scenes import NAMESPACE, NOW, foreign, replica_set, rollout, service, updating, with_steps_hash
from serinus.plan import Patch, Plan, Ref, Seen
from serinus.rollout.decide import plan_rollout
from serinus.traffic.alb import Alb
from serinus.traffic.istio import Istio
from stories import manifests
from stories.manifests import CANARY, STABLE, V1, V2, weight

ISTIO = Istio()
SITE = Ref(ISTIO.virtual_service, NAMESPACE, "site")
FIXED = {"canaryService": CANARY, "stableService": STABLE}
DRAIN = 5


def scene(stable: str, stable_rs: str, index: int, *, fixed: dict[str, str] | None = None, **status: Any) -> Seen:
    """An update to the second version, whose only step is 20 %."""
    names = fixed or {}
    manifest = manifests.rollout(
        (weight(20),),
        image=V2,
        pingPong={"pingService": "ping", "pongService": "pong"},
        trafficRouting={"istio": {"virtualService": {"name": "site"}}},
        **names,
    )
    known = updating(V2, stable_rs, currentStepIndex=index, canary={"stablePingPong": stable}) | status
    hosts = list(names.values()) or ["ping", "pong"]
    entries = [{"destination": {"host": name}, "weight": 0} for name in hosts]
    site = foreign({"metadata": {"name": "site", "namespace": NAMESPACE}, "spec": {"http": [{"route": entries}]}})
    return Seen(
        rollout=with_steps_hash(rollout(manifest, **known)),
        replica_sets=(replica_set(V1, 3), replica_set(V2, 3, revision=2)),
        services={name: service(name, V1) for name in ("ping", "pong", *names.values())},
        objects={SITE: site},
    )


def completed(seconds: int) -> list[dict[str, Any]]:
    """The conditions of a Rollout whose update was complete so many seconds ago."""
    since = (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    times = {"lastTransitionTime": since, "lastUpdateTime": since}
    return [{"type": "Completed", "status": "True", "reason": "RolloutCompleted", "message": "", **times}]


def plan(seen: Seen, now: datetime = NOW) -> Plan:
    return plan_rollout(seen, now, (ISTIO, Alb()))


def turned(planned: Plan) -> set[str]:
    """The Services that a plan turns."""
    return {write.ref.name for write in planned.writes if write.ref.kind.kind == "Service"}


def weights(planned: Plan) -> list[int]:
    (route,) = (item for item in planned.writes if item.ref == SITE)
    assert isinstance(route, Patch)
    return [item.get("weight", 100) for item in route.body["spec"]["http"][0]["route"]]


def test_the_service_that_is_not_stable_leads_to_the_new_version() -> None:
    planned = plan(scene("ping", V1, 0))
    assert turned(planned) == {"pong"}
    assert weights(planned) == [80, 20]


def test_services_of_fixed_roles_are_kept_beside_them() -> None:
    planned = plan(scene("ping", V1, 0, fixed=FIXED))
    assert turned(planned) == {"pong", CANARY}
    assert weights(planned) == [20, 80]


def test_the_roles_swap_at_a_promotion() -> None:
    assert plan(scene("ping", V1, 1)).status["canary"]["stablePingPong"] == "pong"
    assert "stablePingPong" not in plan(scene("pong", V2, 1)).status.get("canary", {})


def test_at_a_promotion_weights_move_and_the_service_that_was_stable_stays_on_its_version() -> None:
    planned = plan(scene("ping", V1, 1, conditions=completed(600)))
    assert turned(planned) == {"pong"}
    assert weights(planned) == [0, 100]
    assert planned.status["canary"]["stablePingPong"] == "pong"


def test_services_of_fixed_roles_are_turned_at_a_promotion_and_their_weights_rest() -> None:
    planned = plan(scene("ping", V1, 1, fixed=FIXED, conditions=completed(600)))
    assert turned(planned) == {"pong", CANARY, STABLE}
    assert not [item for item in planned.writes if item.ref == SITE]


@pytest.mark.parametrize(
    ("fixed", "seconds", "is_turned"),
    [(None, DRAIN, False), (None, DRAIN + 1, True), (FIXED, 2 * DRAIN, False), (FIXED, 2 * DRAIN + 1, True)],
)
def test_the_service_that_was_stable_follows_when_its_traffic_has_gone(
    fixed: dict[str, str] | None, seconds: int, is_turned: bool
) -> None:
    planned = plan(scene("pong", V2, 1, fixed=fixed, conditions=completed(seconds)))
    assert ("ping" in turned(planned)) is is_turned
    ending = [write for write in planned.writes if write.ref.name == replica_set(V1, 3).name]
    assert bool(ending) is is_turned
    assert is_turned or (planned.wake is not None and planned.wake <= NOW + timedelta(seconds=2 * DRAIN))
