"""While a router says that weights are not in effect, nothing is taken from under traffic that may still come."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from experiment.play import analysis_template
from rollout.scenes import NOW, foreign, hash_of, replica_set, rollout, routed_scene, updating, with_steps_hash
from serinus.api import keys
from serinus.api.analysis_ref import TemplateRef
from serinus.api.kinds import SERVICE
from serinus.api.patches import merged
from serinus.api.status import RolloutStatus
from serinus.plan import Answer, Ask, Balanced, Balancer, Event, Patch, Plan, Refused, Seen, Settings
from serinus.rollout.decide import plan_rollout
from serinus.traffic.alb import Alb
from serinus.traffic.nginx import Nginx
from serinus.traffic.router import Found, Traffic
from stories import manifests
from stories.manifests import CANARY, INGRESS, STABLE, V1, V2, V3, pause, routed, weight

STEPS = (weight(50), pause(), weight(25), pause())


class Says(Nginx):
    """A router that gives one answer."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """That answer."""
        return self.answer


def decided(seen: Seen, answer: bool | None) -> Plan:
    return plan_rollout(seen, NOW, (Says(answer),))


def stamp(seconds: int) -> dict[str, str]:
    """The end of a delay, some seconds from now."""
    return {keys.SCALE_DOWN_DEADLINE: (NOW + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")}


def weights(canary: int, hash_: str, **more: Any) -> dict[str, Any]:
    return {
        "weights": {
            "canary": {"weight": canary, "serviceName": CANARY, "podTemplateHash": hash_of(hash_)},
            "stable": {"weight": 100 - canary, "serviceName": STABLE, "podTemplateHash": hash_of(V1)},
            **more,
        }
    }


def scene(image: str = V2, *sets: Any, leads_to: str = V2, fields: Any = None, **status: Any) -> Seen:
    """An update from the first version to ``image``, of four pods."""
    known = updating(image, V1, observedGeneration="1") | status
    manifest = routed(STEPS, image=image, replicas=4, **(fields or {}))
    found = sets or (replica_set(V1, 4, desired=4), replica_set(V2, 2, desired=4, revision=2))
    return routed_scene(with_steps_hash(rollout(manifest, **known)), *found, stable=V1, canary=leads_to)


def changes(planned: Plan, image: str) -> dict[str, Any]:
    """What the plan changes on a version, in one merge patch."""
    name = f"{manifests.NAME}-{hash_of(image)}"
    bodies = [write.body for write in planned.writes if isinstance(write, Patch) and write.ref.name == name]
    assert len(bodies) <= 1
    return bodies[0] if bodies else {}


def aborted(seconds: int | None = None, *, pods: int = 2) -> Seen:
    annotations = {} if seconds is None else stamp(seconds)
    canary = replica_set(V2, pods, desired=4, revision=2, annotations=annotations)
    sets = (replica_set(V1, 4, desired=4), canary)
    return scene(V2, *sets, leads_to=V1, abort=True, abortedAt="2026-01-02T03:04:00Z", currentStepIndex=0)


REASON = f"Nginx does not confirm weight 0 yet: {manifests.NAME}-{hash_of(V2)} keeps its 2 pods"


@pytest.mark.parametrize("pods", [2, 4])
def test_no_delay_begins_before_the_router_confirms(pods: int) -> None:
    assert changes(decided(aborted(pods=pods), True), V2) == {"metadata": {"annotations": stamp(30)}}
    held = decided(aborted(pods=pods), False)
    assert changes(held, V2) == {}
    assert any("does not confirm weight 0 yet" in text and f"keeps its {pods} pods" in text for text in held.why)


def test_a_delay_that_is_over_begins_anew() -> None:
    assert changes(decided(aborted(-1), True), V2)["spec"] == {"replicas": 0}
    held = decided(aborted(-1), False)
    assert changes(held, V2) == {"metadata": {"annotations": {keys.SCALE_DOWN_DEADLINE: None}}}
    assert REASON in held.why


@pytest.mark.parametrize(("seconds", "is_kept"), [(6, True), (5, False), (1, False)])
def test_a_delay_goes_on_as_long_as_the_drain_time_fits_into_it(seconds: int, is_kept: bool) -> None:
    held = decided(aborted(seconds), False)
    assert (changes(held, V2) == {}) == is_kept
    assert (held.wake == NOW + timedelta(seconds=seconds - 5)) == is_kept


def test_a_scale_down_takes_from_what_can_carry_everything_and_waits_elsewhere_without_being_forgotten() -> None:
    sets = (replica_set(V1, 6, desired=6), replica_set(V2, 3, desired=6, revision=2))
    seen = scene(V2, *sets, currentStepIndex=0)
    for answer in (True, False):
        assert changes(decided(seen, answer), V1)["spec"] == {"replicas": 4}
    assert changes(decided(seen, True), V2)["spec"] == {"replicas": 2}
    assert changes(decided(seen, False), V2) == {}


def test_a_stable_version_that_follows_its_traffic_keeps_its_pods() -> None:
    annotations = {"annotations": stamp(-1)}
    sets = (replica_set(V1, 4, desired=4, **annotations), replica_set(V2, 2, desired=4, revision=2))
    known = {"currentStepIndex": 1, "canary": weights(50, V2)}
    seen = scene(V2, *sets, fields={"dynamicStableScale": True}, **known)
    assert changes(decided(seen, True), V1)["spec"] == {"replicas": 2}
    assert "spec" not in changes(decided(seen, False), V1)


def superseded(weight: int | None = None, since: datetime | None = None, hash_: str = V2) -> Seen:
    """A third version whose first pods serve, while the canary Service leads to the second."""
    more = {} if since is None else {"since": since}
    known = {} if weight is None else {"canary": weights(weight, hash_, **more)}
    sets = (
        replica_set(V1, 4, desired=4),
        replica_set(V2, 2, desired=4, revision=2),
        replica_set(V3, 2, desired=4, revision=3),
    )
    return scene(V3, *sets, currentStepIndex=0, **known)


def moved(planned: Plan) -> list[str]:
    return [write.ref.name for write in planned.writes if write.ref.kind == SERVICE]


def test_a_service_stays_on_a_version_that_may_still_get_traffic() -> None:
    gone_on = decided(superseded(), True)
    assert moved(gone_on) == [CANARY]
    assert gone_on.status["canary"]["weights"]["canary"]["weight"] == 50
    held = decided(superseded(), False)
    assert moved(held) == []
    assert held.status["canary"]["weights"]["canary"]["weight"] == 0
    assert f"Service {CANARY} stays on {hash_of(V2)}" in held.why


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("weight", "since", "leads_to", "is_moved"),
    [
        (50, ago(600), V2, False),
        (0, ago(4), V2, False),
        (0, ago(4), V3, False),
        (0, ago(5), V2, True),
        (0, None, V2, True),
        (None, None, V2, True),
        (50, ago(1), V3, True),
    ],
)
def test_where_a_router_cannot_tell_the_service_waits_for_the_drain_time(
    weight: int | None, since: datetime | None, leads_to: str, is_moved: bool
) -> None:
    planned = decided(superseded(weight, since, leads_to), None)
    assert moved(planned) == ([CANARY] if is_moved else [])
    wanted = 50 if is_moved else 0
    seen = planned.status.get("canary", {}).get("weights", {}).get("canary", {}).get("weight", weight)
    assert seen == wanted
    assert is_moved or planned.wake is not None


def test_a_weight_of_0_counts_from_the_update_that_ends_the_rest_after_a_promotion() -> None:
    planned = decided(superseded(0, ago(-4)), None)
    assert planned.status["canary"]["weights"]["since"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert planned.wake == NOW + timedelta(seconds=5)


def test_the_first_update_of_all_waits_for_nothing() -> None:
    sets = (replica_set(V1, 4, desired=4), replica_set(V2, 2, desired=4, revision=2))
    seen = scene(V2, *sets, leads_to=V1, currentStepIndex=0, canary=weights(0, V1, since=ago(1)))
    assert moved(decided(seen, None)) == [CANARY]


@pytest.mark.parametrize("answer", [True, False, None])
def test_an_abort_moves_weights_and_services_whatever_the_router_says(answer: bool | None) -> None:
    seen = scene(V2, abort=True, currentStepIndex=0)
    planned = decided(seen, answer)
    assert moved(planned) == [CANARY]
    assert planned.status["canary"]["weights"]["canary"]["weight"] == 0


def verified(since: datetime | None, answer: bool | None, present: bool | None = None) -> tuple[Any, Any]:
    """What the status says of a weight that does not change, and when it is looked at again."""
    more: dict[str, Any] = {} if since is None else {"since": since}
    more |= {} if present is None else {"verified": present}
    seen = at_pause(more, **WATCHED)
    known = {TemplateRef(template_name="errors"): analysis_template("errors")}
    planned = decided(msgspec.structs.replace(seen, templates=known), answer)
    said = planned.status.get("canary", {}).get("weights", {})
    return said.get("verified", present), planned.wake


WATCHED = {"analysis": {"templates": [{"templateName": "errors"}], "startingTraffic": True}}
"""An analysis that begins once requests go to the new version."""


def at_pause(more: dict[str, Any], **canary: Any) -> Seen:
    pauses = [{"reason": "CanaryPauseStep", "startTime": "2026-01-02T03:00:00Z"}]
    manifest = routed(STEPS, image=V2, replicas=4, **canary)
    known = updating(V2, V1, observedGeneration="1", currentStepIndex=1, pauseConditions=pauses)
    known |= {"controllerPause": True, "canary": weights(50, V2, **more)}
    sets = (replica_set(V1, 4, desired=4), replica_set(V2, 2, desired=4, revision=2))
    return routed_scene(with_steps_hash(rollout(manifest, **known)), *sets, stable=V1, canary=V2)


AGO = NOW - timedelta(seconds=5)


@pytest.mark.parametrize(
    ("since", "answer", "said"),
    [
        (NOW, True, True),
        (AGO, False, False),
        (AGO, None, True),
        (None, True, True),
        (None, None, None),
    ],
)
def test_weights_are_verified_when_a_router_says_so_or_cannot_tell_and_the_drain_time_has_passed(
    since: datetime | None, answer: bool | None, said: bool | None
) -> None:
    assert verified(since, answer) == (said, None)


def test_weights_are_looked_at_when_the_drain_time_has_passed() -> None:
    assert verified(AGO + timedelta(seconds=1), None) == (None, NOW + timedelta(seconds=1))


def settled(**changed: Any) -> Seen:
    """An update at a pause whose status says all but that the drain time has passed since its weight came."""
    seen = at_pause({"since": AGO + timedelta(seconds=1)})
    status = merged(msgspec.to_builtins(seen.rollout.status), decided(seen, None).status)
    assert "verified" not in status["canary"]["weights"]
    status["canary"]["weights"]["since"] = AGO
    read = msgspec.convert(status | changed, RolloutStatus)
    return msgspec.structs.replace(seen, rollout=msgspec.structs.replace(seen.rollout, status=read))


def test_that_the_drain_time_has_passed_is_no_news_while_nothing_waits_for_it() -> None:
    planned = decided(settled(), None)
    assert (planned.status, planned.wake) == ({}, None)


def test_that_the_drain_time_has_passed_is_told_with_other_news() -> None:
    planned = decided(settled(updatedReplicas=1), None)
    assert planned.status["updatedReplicas"] == 2
    assert planned.status["canary"]["weights"]["verified"] is True


def test_a_doubt_is_told() -> None:
    assert verified(AGO, False, present=True) == (False, None)


HOST = "edge-1.eu-west-1.elb.amazonaws.com"
ASK = Balancer(HOST, "")


def by_alb(present: int, answers: dict[Ask, Answer], known: bool | None = None) -> Seen:
    """An update at its first weight whose action is written, where the operator wants AWS to be asked."""
    ingress = manifests.ingress()
    ingress["status"] = {"loadBalancer": {"ingress": [{"hostname": HOST}]}}
    manifest = routed(STEPS, image=V2, replicas=4, trafficRouting={"alb": {"ingress": INGRESS, "servicePort": 80}})
    more = {} if known is None else {"verified": known}
    known_status = updating(V2, V1, observedGeneration="1", currentStepIndex=0, canary=weights(50, V2, **more))
    sets = (replica_set(V1, 4, desired=4), replica_set(V2, 2, desired=4, revision=2))
    seen = routed_scene(with_steps_hash(rollout(manifest, **known_status)), *sets, stable=V1, canary=V2)
    (ref,) = seen.objects
    found = Alb().route(traffic_at(seen, present), {ref: foreign(ingress)})[0].manifest
    ingress["metadata"]["annotations"] |= found["metadata"]["annotations"]
    settings = Settings(verifies=True)
    return msgspec.structs.replace(seen, objects={ref: foreign(ingress)}, answers=answers, settings=settings)


def traffic_at(seen: Seen, weight: int) -> Traffic:
    return Traffic(seen.rollout, weight, canary_hash=hash_of(V2), stable_hash=hash_of(V1))


def balanced(canary: int) -> Balanced:
    names = {f"shop/{INGRESS}-{name}:80": share for name, share in ((STABLE, 100 - canary), (CANARY, canary))}
    return Balanced("edge", "arn", (), (names,))


def by_aws(seen: Seen) -> Plan:
    return plan_rollout(seen, NOW, (Alb(),))


def test_a_load_balancer_is_asked_once_its_objects_say_what_was_decided() -> None:
    assert by_aws(by_alb(0, {})).asks == ()
    planned = by_aws(by_alb(50, {}))
    assert planned.asks == (ASK,)
    assert planned.wake is not None
    assert "currentStepIndex" not in planned.status
    assert planned.status["canary"]["weights"]["verified"] is False


def test_an_answer_lets_the_update_go_on_or_is_asked_for_again() -> None:
    so = by_aws(by_alb(50, {ASK: balanced(50)}))
    assert so.status["currentStepIndex"] == 1
    assert so.status["canary"]["weights"]["verified"] is True
    not_so = by_aws(by_alb(50, {ASK: balanced(20)}))
    assert "currentStepIndex" not in not_so.status
    assert not_so.wake == NOW + timedelta(seconds=10)
    assert "ALB does not confirm weight 50 yet" in not_so.why
    refused = by_aws(by_alb(50, {ASK: Refused("AccessDenied", "failed")}))
    assert "ALB does not confirm weight 50 yet (AccessDenied)" in refused.why
    assert Event("WeightVerifyError", "Failed to verify weight: AccessDenied", "Warning") in refused.events


def test_what_was_confirmed_once_is_not_asked_again() -> None:
    planned = by_aws(by_alb(50, {}, known=True))
    assert planned.asks == ()
    assert planned.status["currentStepIndex"] == 1
