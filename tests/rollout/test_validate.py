"""What is wrong with a Rollout: every rule with its message."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from rollout.scenes import ROUTERS, ingresses, plan, replica_set, rollout, routed_scene, service
from serinus.plan import Seen
from serinus.rollout.injected import PREFERRED
from serinus.rollout.validate import problems
from stories import manifests
from stories.manifests import INGRESS, V1, pause, routed, scale, weight

Change = Callable[[dict[str, Any]], object]


def canary(**fields: Any) -> Change:
    return lambda spec: spec["strategy"]["canary"].update(fields)


def steps(*items: dict[str, Any]) -> Change:
    return canary(steps=list(items))


def routing(**fields: Any) -> Change:
    return lambda spec: spec["strategy"]["canary"]["trafficRouting"].update(fields)


def spec_with(**fields: Any) -> Change:
    return lambda spec: spec.update(fields)


def without(name: str) -> Change:
    return lambda spec: spec.pop(name)


CANARY = "spec.strategy.canary"
STEP = f"{CANARY}.steps[0]"

ROUTED = [
    (spec_with(replicas=-1), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
    (spec_with(minReadySeconds=-1), "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"),
    (
        spec_with(revisionHistoryLimit=-2),
        "spec.revisionHistoryLimit: Invalid value: -2: must be greater than or equal to 0",
    ),
    (
        spec_with(progressDeadlineSeconds=-1),
        "spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
    ),
    (
        spec_with(progressDeadlineSeconds=10, minReadySeconds=10),
        "spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds",
    ),
    (
        spec_with(minReadySeconds=600),
        "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
    ),
    (without("selector"), "spec.selector: Required value: Rollout has missing field 'spec.selector'"),
    (
        spec_with(selector={}),
        "spec.selector: Invalid value: {}: an empty selector would match every pod: name at least one label",
    ),
    (without("template"), "spec.template: Required value: Rollout has missing field 'spec.template'"),
    (
        spec_with(selector={"matchLabels": {"app": "other"}}),
        (
            'spec.template.metadata.labels: Invalid value: {"app":"myapp"}: '
            "`selector` app=other does not match template labels"
        ),
    ),
    (
        spec_with(strategy={}),
        "spec.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
    ),
    (
        lambda spec: spec["strategy"].update(blueGreen={"activeService": "a"}),
        'spec.strategy: Invalid value: "canary and blueGreen": exactly one strategy may be set',
    ),
    (
        spec_with(strategy={"blueGreen": {"activeService": "a"}}),
        'spec.strategy.blueGreen.activeService: Invalid value: "a": service "a" not found',
    ),
    (
        canary(canaryService=manifests.STABLE),
        f'{CANARY}.stableService: Invalid value: "{manifests.STABLE}": stable and canary need two different Services',
    ),
    (
        canary(maxSurge="many"),
        f'{CANARY}.maxSurge: Invalid value: "many": is neither a number nor a percentage such as 25%',
    ),
    (canary(maxSurge=-1), f"{CANARY}.maxSurge: Invalid value: -1: must be greater than or equal to 0"),
    (canary(maxUnavailable=-1), f"{CANARY}.maxUnavailable: Invalid value: -1: must be greater than or equal to 0"),
    (
        canary(maxSurge=0, maxUnavailable=0),
        f"{CANARY}.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero",
    ),
    (
        canary(maxSurge="0%", maxUnavailable="0"),
        f'{CANARY}.maxSurge: Invalid value: "0%": MaxSurge and MaxUnavailable both can not be zero',
    ),
    (
        canary(analysis={"templates": []}),
        f"{CANARY}.analysis.templates: Required value: an analysis needs at least one template",
    ),
    (
        canary(pingPong={"pingService": "a", "pongService": "b"}),
        (
            f'{CANARY}.pingPong: Invalid value: {{"pingService":"a","pongService":"b"}}: '
            "Ping-pong feature works with these traffic routers only: none that is installed"
        ),
    ),
    (
        canary(dynamicStableScale=True, scaleDownDelaySeconds=5),
        (
            f"{CANARY}.scaleDownDelaySeconds: Invalid value: 5: cannot be used with dynamicStableScale: "
            "the stable version shrinks as traffic leaves it"
        ),
    ),
    (
        canary(canaryMetadata={"labels": {"app": "trial"}}),
        f'{CANARY}.canaryMetadata.labels[app]: Invalid value: "trial": spec.selector uses this label: take another',
    ),
    (
        canary(antiAffinity={}),
        f"{CANARY}.antiAffinity: Invalid value: {{}}: AntiAffinity must have exactly one strategy listed",
    ),
    (
        canary(antiAffinity={PREFERRED: {"weight": 101}}),
        f"{CANARY}.antiAffinity.{PREFERRED}.weight: Invalid value: 101: AntiAffinity weight must be between 1-100",
    ),
    (
        canary(stableService=""),
        f"{CANARY}.stableService: Required value: trafficRouting needs stableService and canaryService",
    ),
    (
        routing(nginx={}),
        f'{CANARY}.trafficRouting.nginx: Invalid value: "": set exactly one of stableIngress and stableIngresses',
    ),
    (
        routing(nginx={"stableIngress": "a", "stableIngresses": ["b"]}),
        f'{CANARY}.trafficRouting.nginx: Invalid value: "a": set exactly one of stableIngress and stableIngresses',
    ),
    (
        routing(maxTrafficWeight=0),
        f"{CANARY}.trafficRouting.maxTrafficWeight: Invalid value: 0: must be greater than 0",
    ),
    (steps(weight(101)), f"{STEP}.setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100"),
    (steps(weight(-1)), f"{STEP}.setWeight: Invalid value: -1: SetWeight needs to be between 0 and 100"),
    (
        steps(weight(1), {}),
        (
            f"{CANARY}.steps[1]: Invalid value: {{}}: "
            "a step sets one of setWeight, pause, setCanaryScale, experiment, analysis or plugin"
        ),
    ),
    (
        steps({"setWeight": 1, "pause": {}}),
        f'{STEP}: Invalid value: {{"setWeight":1,"pause":{{}}}}: a step sets one thing only: make several steps of it',
    ),
    (
        steps(pause("soon")),
        f'{STEP}.pause.duration: Invalid value: "soon": is no length of time: write seconds, or 30s, 5m, 1h',
    ),
    (
        steps(pause(-5)),
        f"{STEP}.pause.duration: Invalid value: -5: is no length of time: write seconds, or 30s, 5m, 1h",
    ),
    (
        steps(scale(replicas=-1)),
        f"{STEP}.setCanaryScale.replicas: Invalid value: -1: must be greater than or equal to 0",
    ),
    (steps(scale(weight=-1)), f"{STEP}.setCanaryScale.weight: Invalid value: -1: must be greater than or equal to 0"),
    (
        steps({"analysis": {"templates": []}}),
        f"{STEP}.analysis.templates: Required value: an analysis needs at least one template",
    ),
    (
        steps({"experiment": {"templates": []}}),
        f"{STEP}.experiment.templates: Required value: an experiment needs at least one template",
    ),
    (
        steps({"plugin": {"name": ""}}),
        f"{STEP}.plugin.name: Required value: name the plugin that carries the step out",
    ),
]


@pytest.mark.parametrize(("change", "message"), ROUTED)
def test_the_first_thing_that_is_wrong_is_named(change: Change, message: str) -> None:
    manifest = routed((weight(10),))
    change(manifest["spec"])
    assert next(problems(routed_scene(rollout(manifest)), ROUTERS), "") == message


PLAIN = [
    (
        canary(scaleDownDelaySeconds=5),
        f"{CANARY}.scaleDownDelaySeconds: Invalid value: 5: needs trafficRouting: without it, pods are the traffic",
    ),
    (canary(dynamicStableScale=True), f"{CANARY}.dynamicStableScale: Invalid value: true: needs trafficRouting"),
    (
        steps(scale(replicas=1)),
        f'{STEP}.setCanaryScale: Invalid value: {{"replicas":1}}: SetCanaryScale cannot be used without TrafficRouting',
    ),
    (
        canary(trafficRouting={"maxTrafficWeight": 10}),
        f"{CANARY}.trafficRouting.maxTrafficWeight: Invalid value: 10: needs nginx or a plugin",
    ),
]


@pytest.mark.parametrize(("change", "message"), PLAIN)
def test_what_needs_a_router_says_so(change: Change, message: str) -> None:
    manifest = manifests.rollout((weight(10),))
    change(manifest["spec"])
    assert next(problems(Seen(rollout(manifest)), ROUTERS), "") == message


@pytest.mark.parametrize(
    "manifest",
    [
        manifests.rollout(),
        manifests.rollout((weight(0), pause(), weight(100)), replicas=0, maxSurge="100%", maxUnavailable=0),
        routed((scale(weight=0), pause("0s"), scale(replicas=0), scale(matchTrafficWeight=True), weight(50))),
        routed((scale(), scale(weight=150), scale(weight=1, replicas=1, matchTrafficWeight=True))),
        routed((weight(500),), trafficRouting={"maxTrafficWeight": 1000, "nginx": {"stableIngresses": [INGRESS]}}),
    ],
)
def test_what_is_right_is_let_through(manifest: dict[str, Any]) -> None:
    assert next(problems(routed_scene(rollout(manifest)), ROUTERS), "") == ""


def test_a_service_that_is_missing() -> None:
    seen = routed_scene(rollout(routed()))
    services = {manifests.STABLE: seen.services[manifests.STABLE]}
    text = next(problems(msgspec.structs.replace(seen, services=services), ROUTERS), "")
    assert text == (
        f'{CANARY}.canaryService: Invalid value: "{manifests.CANARY}": service "{manifests.CANARY}" not found'
    )


def test_a_service_of_another_rollout() -> None:
    seen = routed_scene(rollout(routed()))
    services = seen.services | {manifests.STABLE: service(manifests.STABLE, V1, managed_by="other")}
    text = next(problems(msgspec.structs.replace(seen, services=services), ROUTERS), "")
    assert text == (
        f'{CANARY}.stableService: Invalid value: "{manifests.STABLE}": '
        f'Service "{manifests.STABLE}" is managed by another Rollout'
    )


def test_a_service_that_selects_other_pods() -> None:
    manifest = routed()
    manifest["spec"]["template"]["metadata"]["labels"] = {"app": "myapp", "tier": "web"}
    other = manifests.service(manifests.CANARY)
    other["spec"]["selector"] = {"app": "myapp", "tier": "db", "rollouts-pod-template-hash": "abc"}
    seen = routed_scene(rollout(manifest))
    services = seen.services | {manifests.CANARY: msgspec.convert(other, type(service("x")))}
    text = next(problems(msgspec.structs.replace(seen, services=services), ROUTERS), "")
    assert text == (
        f'{CANARY}.canaryService: Invalid value: "{manifests.CANARY}": '
        f'Service "{manifests.CANARY}" has unmatch label "tier" in rollout'
    )


def complaint(seen: Seen) -> str:
    """What the status says of routes that cannot be brought about."""
    start = f'The Rollout "{manifests.NAME}" is invalid: '
    (condition,) = (item for item in plan(seen).status["conditions"] if item["type"] == "InvalidSpec")
    assert condition["message"].startswith(start)
    return str(condition["message"].removeprefix(start))


def test_an_ingress_that_is_missing() -> None:
    seen = msgspec.structs.replace(routed_scene(rollout(routed())), objects={})
    assert complaint(seen) == f'{CANARY}.trafficRouting.nginx: Invalid value: ingress "myapp-ingress" not found'


def test_an_ingress_that_leads_elsewhere() -> None:
    ingress = manifests.ingress()
    ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "other"
    seen = msgspec.structs.replace(routed_scene(rollout(routed())), objects=ingresses(ingress))
    assert complaint(seen) == (
        f"{CANARY}.trafficRouting.nginx: Invalid value: "
        f"ingress `myapp-ingress` has no rules using service {manifests.STABLE} backend"
    )


def test_a_canary_ingress_of_somebody_else() -> None:
    theirs = manifests.ingress()
    theirs["metadata"] = {"name": manifests.CANARY_INGRESS}
    seen = msgspec.structs.replace(routed_scene(rollout(routed())), objects=ingresses(manifests.ingress(), theirs))
    assert complaint(seen) == (
        f"{CANARY}.trafficRouting.nginx: Invalid value: "
        f"canary ingress `{manifests.CANARY_INGRESS}` controlled by different object"
    )


def test_nothing_is_wrong_with_what_runs() -> None:
    seen = routed_scene(rollout(routed()), replica_set(V1, 3), stable=V1, canary=V1)
    assert next(problems(seen, ROUTERS), "") == ""
