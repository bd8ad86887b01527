"""What kubectl prints, as a row shows it."""

import json
from typing import Any

import msgspec
import pytest

from serinus.demo.reading import Objects, Size, read

HASH = "rollouts-pod-template-hash"


def replica_set(image: str, pod_hash: str, wanted: int, there: int, available: int) -> dict[str, Any]:
    return {
        "kind": "ReplicaSet",
        "metadata": {"name": f"myapp-{pod_hash}", "labels": {HASH: pod_hash}},
        "spec": {"replicas": wanted, "template": {"spec": {"containers": [{"name": "nginx", "image": image}]}}},
        "status": {"replicas": there, "availableReplicas": available},
    }


def service(name: str, selector: dict[str, str] | None) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": selector} if selector else {}}


def ingress(name: str, annotations: dict[str, str]) -> dict[str, Any]:
    return {"kind": "Ingress", "metadata": {"name": name, "annotations": annotations}}


def printed(*items: dict[str, Any]) -> bytes:
    return json.dumps({"kind": "List", "items": items}).encode()


def test_versions_are_told_by_their_images() -> None:
    found = read(
        printed(
            ingress("mine", {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}),
            service("kubernetes", None),
            service("stable", {"app": "myapp", HASH: "aa"}),
            service("canary", {"app": "myapp", HASH: "zz"}),
            service("both", {"app": "myapp"}),
            replica_set("nginx:1", "aa", 3, 4, 2),
        )
    )
    assert found == Objects(
        ingresses={"mine": {"a": "b"}},
        services={"stable": "nginx:1", "canary": "no version (hash zz)", "both": "every version"},
        pods={"nginx:1": Size(3, 4, 2)},
    )


def test_weights_are_told_by_route_and_a_missing_one_is_none() -> None:
    stable, canary = ({"destination": {"host": name}} for name in ("stable", "canary"))
    http = [{"name": "primary", "route": [{**stable, "weight": 100}, canary]}, {"route": [stable]}, {"name": "gone"}]
    services = [
        {"kind": "VirtualService", "metadata": {"name": "myapp"}, "spec": {"http": http}},
        {"kind": "VirtualService", "metadata": {"name": "tcp"}, "spec": {}},
    ]
    assert read(printed(*services)).virtual_services == {
        "myapp/primary": {"stable": 100, "canary": 0},
        "myapp/": {"stable": 0},
        "myapp/gone": {},
    }


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"items": [{"kind": "Service"}]}'])
def test_what_is_no_list_of_objects_is_an_error(text: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read(text)
