"""Every rule for what a Rollout may say, each a row: what is wrong, and what the user reads of it."""

from typing import Any

import pytest

from rollout.rules import analyses, fields, references, routing
from rollout.rules.routing import Change
from rollout.scenes import NOW, ingresses, replica_set, rollout, routed_scene, service
from serinus import plugins
from serinus.plan import Seen
from serinus.rollout.decide import plan_rollout
from serinus.rollout.validate import problems
from stories import manifests
from stories.manifests import CANARY, INGRESS, NAME, STABLE, V1, pause, routed, scale, weight

ROUTERS = plugins.routers()
SERVICES = {name: service(name) for name in (STABLE, CANARY, "ping", "pong")}


def changed(change: Change, manifest: manifests.Manifest) -> Seen:
    change(manifest["spec"])
    return Seen(rollout(manifest), services=SERVICES, objects=ingresses(manifests.ingress()))


RULES: dict[str, tuple[Seen, str]] = {
    **{text: (changed(change, routed((weight(10),))), text) for change, text in fields.ROUTED},
    **{text: (changed(change, manifests.rollout((weight(10),))), text) for change, text in fields.PLAIN},
    **{name: (changed(change, routed((weight(10),))), text) for name, (change, text) in routing.ROWS.items()},
    **references.ROWS,
    **{f"analysis: {name}": row for name, row in analyses.ROWS.items()},
}


@pytest.mark.parametrize(("seen", "message"), RULES.values(), ids=[name[:70] for name in RULES])
def test_the_user_reads_what_is_wrong_and_nothing_is_touched(seen: Seen, message: str) -> None:
    found = plan_rollout(seen, NOW, ROUTERS)
    (condition,) = (item for item in found.status["conditions"] if item["type"] == "InvalidSpec")
    assert (condition["status"], condition["reason"]) == ("True", "InvalidSpec")
    assert condition["message"] == f'The Rollout "{NAME}" is invalid: {message}'
    assert (found.status["phase"], found.status["message"]) == ("Degraded", f"InvalidSpec: {condition['message']}")
    assert found.writes == ()


def plain(*steps: manifests.Step, **canary: Any) -> Seen:
    return Seen(rollout(manifests.rollout(steps, **canary)), services=SERVICES)


def split(*steps: manifests.Step, **canary: Any) -> Seen:
    return changed(lambda _: None, routed(steps, **canary))


def blue_green(**fields: Any) -> Seen:
    return changed(routing.blue_green(**fields), manifests.rollout())


def spec(**fields: Any) -> Seen:
    return changed(lambda found: found.update(fields), manifests.rollout())


NGINX = {"nginx": {"stableIngresses": [INGRESS]}}
PLUGIN = {"plugin": {"name": "acme/smoke"}}

TOLERATED: dict[str, Seen] = {
    "no steps": plain(),
    "no weight, and all of it": plain(weight(0), pause(), weight(100), replicas=0),
    "no replicas": spec(replicas=None),
    "weights that fall": plain(weight(50), weight(10)),
    "a deadline just above minReadySeconds": spec(minReadySeconds=9, progressDeadlineSeconds=10),
    "all surge and nothing unavailable": plain(maxSurge="100%", maxUnavailable=0),
    "amounts as text": plain(maxSurge="1", maxUnavailable="25"),
    "no surge": plain(maxSurge=0),
    "nothing unavailable": plain(maxUnavailable="0%"),
    "pauses of all kinds": plain(pause(0), pause("0s"), pause("30"), pause("1.5s"), pause("1h30m")),
    "Services without a router": plain(canaryService=CANARY, stableService=STABLE),
    "one Service alone": plain(stableService=STABLE),
    "ping-pong without a router": plain(pingPong={"pingService": "ping", "pongService": "pong"}),
    "fewest pods without a router": plain(minPodsPerReplicaSet=2),
    "delays of aborts without a router": plain(abortScaleDownDelaySeconds=5),
    "more delayed versions than are kept, of a canary": split(scaleDownDelayRevisionLimit=100),
    "routing that names no router": split(weight(10), scale(weight=50), trafficRouting={}),
    "weights of which 1000 are all": split(weight(500), trafficRouting=NGINX | {"maxTrafficWeight": 1000}),
    "sizes of all kinds": split(scale(weight=0), scale(replicas=0), scale(matchTrafficWeight=True), weight(50)),
    "sizes that say nothing, too much, or several things": split(
        scale(), scale(weight=150), scale(replicas=50), scale(weight=1, replicas=1, matchTrafficWeight=True)
    ),
    "a weight and a size in one step": split(weight(10) | scale(weight=50)),
    "a plugin and a size in one step": split(PLUGIN | scale(replicas=1)),
    "a plugin that is not installed": plain(PLUGIN),
    "managed routes that no step sets": split(weight(1), trafficRouting=NGINX | {"managedRoutes": [{"name": "r"}]}),
    "blue-green without a preview": changed(
        lambda found: found.update(strategy={"blueGreen": {"activeService": STABLE}}), manifests.rollout()
    ),
    "as many delayed versions as are kept": blue_green(scaleDownDelayRevisionLimit=2),
    "a time for a promotion that is nobody's but a person's": blue_green(
        autoPromotionEnabled=False, autoPromotionSeconds=5
    ),
    "a preview larger than the version": blue_green(previewReplicaCount=50),
}


@pytest.mark.parametrize("seen", TOLERATED.values(), ids=TOLERATED)
def test_what_argo_rollouts_carries_out_is_carried_out(seen: Seen) -> None:
    assert next(problems(seen, ROUTERS), "") == ""
    found = plan_rollout(seen, NOW, ROUTERS)
    assert found.writes
    assert found.status["phase"] in {"Progressing", "Healthy"}


def test_nothing_is_wrong_with_what_runs() -> None:
    seen = routed_scene(rollout(routed()), replica_set(V1, 3), stable=V1, canary=V1)
    assert next(problems(seen, ROUTERS), "") == ""
