"""What objects of Gateway API are told about themselves."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from serinus.local.gateways.envoy.model import Mesh
from serinus.local.gateways.envoy.statuses import Effect, Patch, patches
from serinus.local.gateways.envoy.table import route

Read = Callable[..., Mesh]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 2, tzinfo=UTC)
OBJECTS = """
kind: GatewayClass
metadata: {name: serinus, generation: 1}
spec: {controllerName: local.serinus.dev/envoy}
---
kind: Gateway
metadata: {name: door, generation: 2}
spec: {gatewayClassName: serinus, listeners: [{name: http, port: 80}, {name: raw, port: 9, protocol: UDP}]}
---
kind: HTTPRoute
metadata: {name: web, generation: 3, resourceVersion: '77'}
spec: {parentRefs: [{name: door}], rules: [{backendRefs: [{name: web, port: 80}]}]}
status:
  parents: [{controllerName: example.com/other, parentRef: {name: else}, conditions: []}]
---
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
"""


def told(mesh: Mesh, now: datetime = NOW) -> dict[str, Patch]:
    routing = route(mesh)
    addresses = {entrance.door: f"127.0.0.1:{entrance.number}" for entrance in routing.entrances}
    effect = Effect(routing, {"": "127.0.0.1:1", **addresses}, now)
    return {patch.path.rsplit("/", 2)[1]: patch for patch in patches(mesh, effect)}


def with_status(mesh: Mesh, status: Any) -> Mesh:
    routes = (msgspec.structs.replace(mesh.http_routes[0], status=status),)
    return msgspec.structs.replace(mesh, http_routes=routes)


def test_a_route_is_told_with_its_generation_and_other_controllers_keep_their_words(mesh: Read) -> None:
    patch = told(mesh(OBJECTS))["web"]
    assert patch.path == "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/web/status"
    assert patch.body["metadata"] == {"resourceVersion": "77"}
    other, ours = patch.body["status"]["parents"]
    assert other["controllerName"] == "example.com/other"
    assert ours["parentRef"] == {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "door"}
    assert [(item["type"], item["status"], item["observedGeneration"]) for item in ours["conditions"]] == [
        ("Accepted", "True", 3),
        ("ResolvedRefs", "True", 3),
    ]


def test_what_stands_there_is_not_written_again(mesh: Read) -> None:
    found = mesh(OBJECTS)
    status = told(found)["web"].body["status"]
    assert "web" not in told(with_status(found, status), LATER)


def test_the_time_of_a_condition_changes_only_with_its_status(mesh: Read) -> None:
    found = mesh(OBJECTS)
    status = told(found)["web"].body["status"]
    gone = msgspec.structs.replace(found, found=msgspec.structs.replace(found.found, services=()))
    accepted, resolved = told(with_status(gone, status), LATER)["web"].body["status"]["parents"][1]["conditions"]
    assert (accepted["status"], accepted["lastTransitionTime"]) == ("True", "2026-01-01T00:00:00Z")
    assert (resolved["status"], resolved["reason"]) == ("False", "BackendNotFound")
    assert resolved["lastTransitionTime"] == "2026-01-02T00:00:00Z"


def test_a_gateway_counts_its_routes_and_names_what_it_does_not_serve(mesh: Read) -> None:
    status = told(mesh(OBJECTS))["door"].body["status"]
    http, raw = status["listeners"]
    assert (http["attachedRoutes"], [kind["kind"] for kind in http["supportedKinds"]]) == (
        1,
        ["HTTPRoute", "GRPCRoute"],
    )
    assert {item["type"]: item["status"] for item in raw["conditions"]}["Accepted"] == "False"
    assert {item["type"]: item["status"] for item in status["conditions"]} == {"Accepted": "True", "Programmed": "True"}


def test_a_route_that_left_us_keeps_no_word_of_ours(mesh: Read) -> None:
    found = mesh(OBJECTS)
    status = told(found)["web"].body["status"]
    left = with_status(msgspec.structs.replace(found, gateways=()), status)
    assert [item["controllerName"] for item in told(left)["web"].body["status"]["parents"]] == ["example.com/other"]


VIRTUAL = """
kind: VirtualService
metadata: {name: db, generation: 4, resourceVersion: '9'}
spec: {hosts: [db], gateways: [door], tcp: [{match: [{port: 5432}], route: [{destination: {host: web}}]}]}
"""


def test_a_virtual_service_is_told_where_its_port_is_and_nothing_without_one(mesh: Read) -> None:
    found = mesh(OBJECTS, VIRTUAL)
    patch = told(found)["db"]
    assert patch.path == "/apis/networking.istio.io/v1/namespaces/default/virtualservices/db/status"
    (condition,) = patch.body["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("local.serinus.dev/Listening", "True")
    assert condition["message"] == "tcp port 5432: 127.0.0.1:5432"
    other = {"type": "Reconciled", "status": "True"}
    service = msgspec.structs.replace(found.virtual_services[0], status={"conditions": [other, condition]})
    assert "db" not in told(msgspec.structs.replace(found, virtual_services=(service,)))
    service = msgspec.structs.replace(service, status={"conditions": [other, condition]}, spec=type(service.spec)())
    left = told(msgspec.structs.replace(found, virtual_services=(service,)))
    assert left["db"].body["status"] == {"conditions": [other]}
    bare = msgspec.structs.replace(service, status={})
    assert "db" not in told(msgspec.structs.replace(found, virtual_services=(bare,)))


def test_the_listener_of_a_port_of_its_own_says_where_it_is(mesh: Read) -> None:
    gateway = """
kind: Gateway
metadata: {name: raw, generation: 1}
spec: {gatewayClassName: serinus, listeners: [{name: db, port: 5432, protocol: TCP}, {name: web, port: 80}]}
"""
    raw, web = told(mesh(OBJECTS, gateway))["raw"].body["status"]["listeners"]
    messages = [{item["type"]: item["message"] for item in one["conditions"]}["Programmed"] for one in (raw, web)]
    assert messages == ["listens on 127.0.0.1:5432", "listens on 127.0.0.1:1"]
    assert [kind["kind"] for kind in raw["supportedKinds"]] == ["TCPRoute"]
