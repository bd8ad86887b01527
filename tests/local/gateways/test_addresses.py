from collections.abc import Callable

import pytest

from serinus.local.gateways.addresses import Addresses, listens
from serinus.local.gateways.objects import BackendPort, Found

Read = Callable[[str], Found]

SERVICE = """
kind: Service
metadata: {name: web}
spec:
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: metrics, port: 9100, targetPort: named}
"""
PODS = """
kind: Pod
metadata: {name: one, annotations: {local.serinus.dev/listens: '{"8080": "127.0.0.1:4001", "9000": "127.0.0.1:4002"}'}}
---
kind: Pod
metadata: {name: two, annotations: {local.serinus.dev/listens: '{"8080": "127.0.0.1:4003"}'}}
"""
SLICE = """
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
ports: [{name: http, port: 8080}, {name: metrics, port: 9000}]
endpoints:
- {addresses: [10.64.0.1], conditions: {ready: true}, targetRef: {kind: Pod, name: one}}
- {addresses: [10.64.0.2], conditions: {ready: %s}, targetRef: {kind: Pod, name: two}}
"""


def read(found: Read, *documents: str) -> Addresses:
    return Addresses(found("\n---\n".join(documents)))


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (BackendPort(number=80), ("127.0.0.1:4001", "127.0.0.1:4003")),
        (BackendPort(name="http"), ("127.0.0.1:4001", "127.0.0.1:4003")),
        (BackendPort(number=8080), ("127.0.0.1:4001", "127.0.0.1:4003")),
        (BackendPort(name="metrics"), ("127.0.0.1:4002",)),
        (BackendPort(name="named"), ("127.0.0.1:4002",)),
        (BackendPort(number=81), ()),
        (BackendPort(name="ftp"), ()),
    ],
)
def test_a_port_is_found_by_number_name_or_target(found: Read, port: BackendPort, expected: tuple[str, ...]) -> None:
    assert read(found, SERVICE, PODS, SLICE % "true").of("default", "web", port) == expected


@pytest.mark.parametrize(("ready", "count"), [("true", 2), ("null", 2), ("false", 1)])
def test_only_endpoints_that_are_ready_get_traffic(found: Read, ready: str, count: int) -> None:
    addresses = read(found, SERVICE, PODS, SLICE % ready).of("default", "web", BackendPort(number=80))
    assert len(addresses) == count


def test_a_pod_that_nowhere_listens_gets_no_traffic(found: Read) -> None:
    bare = "kind: Pod\nmetadata: {name: one}"
    assert read(found, SERVICE, bare, SLICE % "true").of("default", "web", BackendPort(number=80)) == ()


def test_a_service_that_does_not_exist_has_no_addresses(found: Read) -> None:
    assert read(found, PODS, SLICE % "true").of("default", "web", BackendPort(number=80)) == ()


def test_services_of_other_namespaces_are_others(found: Read) -> None:
    assert read(found, SERVICE, PODS, SLICE % "true").of("other", "web", BackendPort(number=80)) == ()


def test_endpoints_without_a_pod_are_dialled_as_they_are(found: Read) -> None:
    piece = """
    kind: EndpointSlice
    metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
    ports: [{name: http, port: 8080}]
    endpoints: [{addresses: [192.0.2.1]}, {addresses: ['2001:db8::1']}, {addresses: [not-an-address]}]
    """
    addresses = read(found, SERVICE, piece).of("default", "web", BackendPort(number=80))
    assert addresses == ("192.0.2.1:8080", "[2001:db8::1]:8080")


def test_a_slice_without_ports_uses_the_target_port(found: Read) -> None:
    piece = """
    kind: EndpointSlice
    metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
    ports: null
    endpoints: [{addresses: [192.0.2.1]}]
    """
    assert read(found, SERVICE, piece).of("default", "web", BackendPort(number=80)) == ("192.0.2.1:8080",)


def test_a_slice_without_endpoints_has_no_addresses(found: Read) -> None:
    piece = """
    kind: EndpointSlice
    metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
    ports: null
    endpoints: null
    """
    assert read(found, SERVICE, piece).of("default", "web", BackendPort(number=80)) == ()


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ('{"80": "127.0.0.1:4001"}', {"80": "127.0.0.1:4001"}),
        ('{"80": "[::1]:4001"}', {"80": "[::1]:4001"}),
        ('{"80": "127.0.0.1:4001; return 200"}', {}),
        ('{"80": "example.com:80"}', {}),
        ('{"80": "127.0.0.1:99999"}', {}),
        ('{"80": "127.0.0.1"}', {}),
        ('{"80": 4001}', {}),
        ("no JSON", {}),
    ],
)
def test_only_real_addresses_are_read_from_a_pod(found: Read, note: str, expected: dict[str, str]) -> None:
    pod = found(f"kind: Pod\nmetadata:\n  name: one\n  annotations:\n    local.serinus.dev/listens: '{note}'").pods[0]
    assert listens(pod) == expected
