"""Several routers at once, foreign fields, and what steps may ask of routers."""

from typing import Any

import msgspec
import pytest

from rollout.scenes import (
    NAMESPACE,
    NOW,
    foreign,
    ingresses,
    replica_set,
    rollout,
    service,
    updating,
    with_steps_hash,
)
from serinus.api.patches import merged
from serinus.api.workload import Foreign
from serinus.plan import Create, Delete, Patch, Plan, Ref, Seen
from serinus.rollout.decide import plan_rollout
from serinus.rollout.ownership import letting_go
from serinus.rollout.release import plan_leave
from serinus.rollout.validate import problem
from serinus.traffic.istio import Istio
from serinus.traffic.nginx import Nginx
from stories import manifests
from stories.manifests import CANARY, CANARY_INGRESS, INGRESS, NAME, STABLE, V1, V2, pause, weight

ISTIO, NGINX = Istio(), Nginx()
ROUTERS = (ISTIO, NGINX)
ROUTING = {"istio": {"virtualService": {"name": "site"}}, "nginx": {"stableIngress": INGRESS}}
SITE = Ref(ISTIO.virtual_service, NAMESPACE, "site")
STEPS = (weight(20), pause())


def virtual_service(canary: int, **metadata: Any) -> Foreign:
    entries = [
        {"destination": {"host": STABLE}, "weight": 100 - canary},
        {"destination": {"host": CANARY}, "weight": canary},
    ]
    meta = {"name": "site", "namespace": NAMESPACE, "resourceVersion": "7"} | metadata
    return foreign({"metadata": meta, "spec": {"http": [{"name": "primary", "route": entries}]}})


def scene(site: Foreign | None, *, abort: bool = False, **more: Any) -> Seen:
    """An update that is at its first step, with both routers."""
    manifest = manifests.routed(STEPS, image=V2, trafficRouting=ROUTING)
    status = updating(V2, V1, currentStepIndex=0, abort=abort, selector="app=myapp", observedGeneration="1")
    seen = Seen(
        rollout=with_steps_hash(rollout(manifest, **status)),
        replica_sets=(replica_set(V1, 3), replica_set(V2, 1, revision=2)),
        services={STABLE: service(STABLE, V1), CANARY: service(CANARY, V2)},
        objects=ingresses(manifests.ingress()) | ({SITE: site} if site else {}),
    )
    return msgspec.structs.replace(seen, **more)


def plan(seen: Seen) -> Plan:
    return plan_rollout(seen, NOW, ROUTERS)


def weight_of(seen: Seen, planned: Plan) -> int:
    """The canary's weight in the VirtualService after a plan."""
    raw = seen.objects[SITE].raw
    for write in planned.writes:
        if isinstance(write, Patch) and write.ref == SITE and write.how == "merge":
            raw = merged(raw, write.body)
    return int(raw["spec"]["http"][0]["route"][1]["weight"])


def test_all_routers_are_brought_to_the_same_weight_and_each_write_names_its_router() -> None:
    seen = scene(virtual_service(0))
    planned = plan(seen)
    routed = [write for write in planned.writes if isinstance(write, Create | Patch) and write.router]
    assert {write.router for write in routed} == {"Istio", "Nginx"}
    assert weight_of(seen, planned) == 20
    (ingress,) = (write for write in routed if isinstance(write, Create))
    assert ingress.manifest["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] == "20"


def test_a_write_into_an_object_of_somebody_else_names_the_version_that_was_seen() -> None:
    (write,) = (item for item in plan(scene(virtual_service(0))).writes if item.ref == SITE)
    assert isinstance(write, Patch)
    assert write.resource_version == "7"
    assert write.event is not None
    assert (write.event.reason, write.event.message) == (
        "Updated VirtualService",
        "VirtualService `site` set to desiredWeight '20'",
    )


def test_a_router_in_trouble_holds_the_step_and_is_named_and_the_other_gets_its_weight() -> None:
    planned = plan(scene(None))
    assert [write.ref.name for write in planned.writes] == [CANARY_INGRESS]
    assert "trafficRouting.istio.virtualService.name" in planned.status["message"]
    assert "currentStepIndex" not in planned.status
    (event,) = planned.events
    assert (event.reason, event.type) == ("VirtualServiceNotFound", "Warning")
    assert event.message.startswith("Istio: ")


def test_a_router_in_trouble_does_not_keep_the_other_from_giving_an_update_up() -> None:
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": NAME, "controller": True}
    canary = manifests.ingress()
    seen = scene(None, abort=True)
    canary["metadata"] |= {"name": CANARY_INGRESS, "ownerReferences": [owner | {"uid": seen.rollout.metadata.uid}]}
    seen = msgspec.structs.replace(seen, objects=ingresses(manifests.ingress(), canary))
    assert [(type(write), write.ref.name) for write in plan(seen).writes] == [(Delete, CANARY_INGRESS)]


def test_a_kind_that_is_not_installed_is_named_and_looked_for_again() -> None:
    planned = plan(scene(None, unseen={SITE: "VirtualService is not installed"}))
    assert "trafficRouting.istio: Invalid value: VirtualService is not installed" in planned.status["message"]
    assert planned.wake is not None
    assert (planned.wake - NOW).total_seconds() <= 30


def test_the_step_waits_until_the_virtual_service_is_seen_to_have_the_weight() -> None:
    assert plan(scene(virtual_service(0))).status.get("currentStepIndex") is None
    assert plan(scene(virtual_service(20))).status["currentStepIndex"] == 1


def managed_by(item: Foreign, *managers: str) -> Foreign:
    return msgspec.structs.replace(item, managers=managers)


def test_fields_are_let_go_of_when_the_update_is_over_and_not_before() -> None:
    running = scene(managed_by(virtual_service(20), "gitops", "serinus"))
    assert not [write for write in plan(running).writes if write.ref == SITE]
    over = scene(managed_by(virtual_service(0), "gitops", "serinus"), abort=True)
    (write,) = (item for item in plan(over).writes if item.ref == SITE)
    assert write == msgspec.structs.replace(letting_go(SITE, over.objects[SITE]), router="Istio")  # type: ignore[type-var]
    free = scene(managed_by(virtual_service(0), "gitops"), abort=True)
    assert not [item for item in plan(free).writes if item.ref == SITE]


def test_fields_that_argo_rollouts_has_left_to_us_are_let_go_of_too_but_not_those_of_others() -> None:
    over = scene(managed_by(virtual_service(0), "gitops", "rollouts-controller", "kubectl"), abort=True)
    (write,) = (item for item in plan(over).writes if item.ref == SITE)
    assert [step["path"] for step in write.body if step["op"] == "remove"] == ["/metadata/managedFields/1"]
    assert plan_leave(SITE, over.objects[SITE], [], ROUTERS).is_empty, "nobody has left it to us"


def test_fields_are_not_let_go_of_while_another_rollout_needs_them() -> None:
    over = scene(managed_by(virtual_service(0), "serinus"), abort=True, busy=frozenset({SITE}))
    assert not [item for item in plan(over).writes if item.ref == SITE]


def test_letting_go_takes_out_our_notes_alone_the_last_first() -> None:
    patch = letting_go(SITE, managed_by(virtual_service(0), "serinus", "gitops", "serinus"))
    assert patch is not None
    assert patch.how == "json"
    assert patch.body == [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "test", "path": "/metadata/managedFields/2/manager", "value": "serinus"},
        {"op": "remove", "path": "/metadata/managedFields/2"},
        {"op": "test", "path": "/metadata/managedFields/0/manager", "value": "serinus"},
        {"op": "remove", "path": "/metadata/managedFields/0"},
    ]


def test_what_is_left_in_an_object_is_taken_out_once_nobody_names_it() -> None:
    note = '{"shop/gone":{"http/primary":{"at":0,"route":{"destination":{"host":"c"}}}}}'
    left = virtual_service(0, annotations={"rollout.serinus.dev/canary-destinations": note})
    (write,) = plan_leave(SITE, left, [], ROUTERS).writes
    assert isinstance(write, Patch)
    assert write.resource_version == "7"
    assert write.body["spec"]["http"][0]["route"][0] == {"destination": {"host": "c"}, "weight": 0}
    named = rollout(manifests.routed(STEPS, trafficRouting=ROUTING))
    mine = virtual_service(0, annotations={"rollout.serinus.dev/canary-destinations": note.replace("gone", NAME)})
    assert plan_leave(SITE, mine, [named], ROUTERS).is_empty
    assert plan_leave(SITE, managed_by(virtual_service(0), "serinus"), [named], ROUTERS).is_empty
    assert not plan_leave(SITE, managed_by(virtual_service(0), "serinus"), [], ROUTERS).is_empty


HEADER = {"name": "beta", "match": [{"headerName": "a", "headerValue": {"exact": "b"}}]}
MIRROR = {"name": "copy", "match": [{"method": {"exact": "GET"}}]}
STEP = "spec.strategy.canary.steps[0]"
MANAGED = ROUTING | {"managedRoutes": [{"name": "beta"}, {"name": "copy"}]}


@pytest.mark.parametrize(
    ("step", "routing", "text"),
    [
        ({"setHeaderRoute": HEADER}, MANAGED, ""),
        ({"setMirrorRoute": MIRROR}, MANAGED, ""),
        ({"setHeaderRoute": HEADER}, ROUTING, "spec.strategy.canary.trafficRouting.managedRoutes: Required value: "),
        ({"setHeaderRoute": HEADER | {"name": "x"}}, MANAGED, f'{STEP}.setHeaderRoute.name: Invalid value: "x": '),
        ({"setMirrorRoute": MIRROR | {"name": "x"}}, MANAGED, f'{STEP}.setMirrorRoute.name: Invalid value: "x": '),
        (
            {"setHeaderRoute": HEADER | {"match": [{"headerName": "a", "headerValue": {}}]}},
            MANAGED,
            f"{STEP}.setHeaderRoute.match[0].headerValue: Invalid value: {{}}: set exactly one of exact, prefix and",
        ),
        (
            {"setMirrorRoute": MIRROR | {"match": [{"path": {"exact": "a", "prefix": "b"}}]}},
            MANAGED,
            f"{STEP}.setMirrorRoute.match[0].path: Invalid value: ",
        ),
        (
            {"setMirrorRoute": MIRROR | {"percentage": 101}},
            MANAGED,
            f"{STEP}.setMirrorRoute.percentage: Invalid value: 101: needs to be between 0 and 100",
        ),
    ],
)
def test_routes_that_a_step_sets_are_checked(step: dict[str, Any], routing: dict[str, Any], text: str) -> None:
    seen = scene(virtual_service(0))
    manifest = manifests.routed((step,), trafficRouting=routing)
    found = problem(msgspec.structs.replace(seen, rollout=rollout(manifest)), ROUTERS)
    assert text in found
    assert bool(text) == bool(found)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"pingService": "a", "pongService": ""}, "Ping service and Pong service must to be set"),
        ({"pingService": "a", "pongService": "a"}, "uses the same service for the ping and pong services"),
    ],
)
def test_ping_and_pong_are_two_services(fields: dict[str, str], text: str) -> None:
    manifest = manifests.rollout(pingPong=fields, trafficRouting={"istio": {"virtualService": {"name": "site"}}})
    assert text in problem(Seen(rollout(manifest)), ROUTERS)


def test_a_layer_that_no_installed_router_serves_is_refused_with_those_that_are() -> None:
    manifest = manifests.routed(trafficRouting={"smi": {}})
    assert problem(msgspec.structs.replace(scene(None), rollout=rollout(manifest)), ROUTERS) == (
        "spec.strategy.canary.trafficRouting.smi: Forbidden: no router for it is installed; there are: Istio, Nginx"
    )


HELD = ({"setHeaderRoute": HEADER}, pause(), weight(20), {"setHeaderRoute": {"name": "beta"}}, pause())


def at_step(index: int, *, abort: bool = False) -> list[str]:
    """The names of the HTTP routes that the VirtualService gets at a step."""
    manifest = manifests.routed(HELD, image=V2, trafficRouting=MANAGED)
    status = updating(V2, V1, currentStepIndex=index, abort=abort)
    seen = msgspec.structs.replace(scene(virtual_service(0)), rollout=with_steps_hash(rollout(manifest, **status)))
    raw = seen.objects[SITE].raw
    for write in plan(seen).writes:
        if isinstance(write, Patch) and write.ref == SITE:
            raw = merged(raw, write.body)
    return [route["name"] for route in raw["spec"]["http"]]


def test_a_header_route_stands_from_its_step_to_the_step_that_removes_it_or_to_the_end() -> None:
    assert [at_step(index) for index in (0, 1, 4)] == [["beta", "primary"], ["beta", "primary"], ["primary"]]
    assert at_step(1, abort=True) == ["primary"]
