"""Istio's objects on a real API server: who owns their fields, and what happens without their definitions."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from controller.process import ControllerProcess
from stories.manifests import CANARY, CANARY_INGRESS, INGRESS, NAME, V1, V2, V3, around, pause, service, weight
from stories.meshes import (
    RULE,
    TO_BOTH,
    TO_STABLE,
    VIRTUAL_SERVICE,
    destination_rule,
    meshed,
    services,
    through_subsets,
    to,
    virtual_service,
)
from vendors import install, installed, missing

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

ISTIO_KINDS = ("virtualservices", "destinationrules")
VIRTUAL_SERVICES = "virtualservices.networking.istio.io"
"""With the group: App Mesh has a kind of the same name."""
STEPS = (weight(20), pause(), weight(60), pause(1), weight(100))
TO_CANARY = to(CANARY, 0, headers={"response": {"set": {"x-version": "canary"}}})
OTHER = {"name": "other", "route": [{"destination": {"host": "elsewhere"}}]}
WRITTEN = virtual_service(TO_STABLE, TO_CANARY, others=[OTHER])


@pytest.fixture
def istio(cluster: Any) -> Iterator[None]:
    with installed(cluster, "istio", ISTIO_KINDS):
        yield


@pytest.fixture
def no_istio(cluster: Any) -> Iterator[None]:
    with missing(cluster, "istio", ISTIO_KINDS):
        yield


class Shop:
    """A namespace with a Rollout that Istio routes."""

    def __init__(self, cluster: Any, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace

    def kubectl(self, *args: str, stdin: Any = None, check: bool = True) -> str:
        text = None if stdin is None else json.dumps(stdin)
        return self._cluster.kubectl("-n", self._namespace, *args, stdin=text, check=check)

    def create(self, *manifests: dict[str, Any]) -> None:
        for manifest in manifests:
            self.kubectl("create", "-f", "-", stdin=manifest)

    def apply(self, manifest: dict[str, Any], *, check: bool = True) -> str:
        """Apply as a GitOps tool does: on the server's side, under a name of its own."""
        return self.kubectl("apply", "--server-side", "--field-manager=gitops", "-f", "-", stdin=manifest, check=check)

    def read(self, *what: str) -> dict[str, Any]:
        return json.loads(self.kubectl("get", *what, "-o", "json", "--show-managed-fields"))

    def set_image(self, image: str, name: str = NAME) -> None:
        change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]
        self.kubectl("patch", "rollout", name, "--type", "json", "-p", json.dumps(change))

    def abort(self, name: str = NAME) -> None:
        body = '{"status":{"abort":true}}'
        self.kubectl("patch", "rollout", name, "--subresource=status", "--type", "merge", "-p", body)

    def promote(self) -> None:
        self.kubectl(
            "patch",
            "rollout",
            NAME,
            "--subresource=status",
            "--type",
            "merge",
            "-p",
            '{"status":{"pauseConditions":null}}',
        )

    @property
    def status(self) -> dict[str, Any]:
        found = self.read("rollout", NAME)
        status = found.get("status", {})
        return status if status.get("observedGeneration") == str(found["metadata"]["generation"]) else {}

    @property
    def route(self) -> list[dict[str, Any]]:
        return self.read(VIRTUAL_SERVICES, VIRTUAL_SERVICE)["spec"]["http"][0]["route"]

    @property
    def managers(self) -> set[str]:
        return {item["manager"] for item in self.read(VIRTUAL_SERVICES, VIRTUAL_SERVICE)["metadata"]["managedFields"]}

    def until(self, what: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            if time.monotonic() > deadline:
                every = {item["metadata"]["name"]: item.get("status") for item in self.read("rollouts")["items"]}
                pytest.fail(f"it did not come: status {every}, events {self.events}")
            time.sleep(0.2)

    @property
    def events(self) -> list[str]:
        found = self.read("events")["items"]
        return [f"{item['reason']}: {item['message']}" for item in found if item["involvedObject"]["name"] == NAME]

    def is_paused(self) -> bool:
        return self.status.get("phase") == "Paused"

    def is_healthy(self) -> bool:
        return self.status.get("phase") == "Healthy"


@pytest.fixture
def shop(cluster: Any, namespace: str, controller: ControllerProcess) -> Shop:
    return Shop(cluster, namespace)


def test_fields_of_a_virtual_service_are_ours_during_an_update_and_nobodys_after_it(istio: None, shop: Shop) -> None:
    shop.apply(WRITTEN)
    shop.create(*services(), meshed(STEPS))
    shop.until(shop.is_healthy)
    assert shop.managers == {"gitops"}

    shop.set_image(V2)
    shop.until(shop.is_paused)
    assert [item["weight"] for item in shop.route] == [80, 20]
    assert "serinus" in shop.managers
    assert 'conflict with "serinus"' in shop.apply(WRITTEN, check=False)
    assert [item["weight"] for item in shop.route] == [80, 20]

    shop.promote()
    shop.until(lambda: shop.is_healthy() and shop.managers == {"gitops"})
    assert shop.route == [TO_STABLE]
    shop.apply(virtual_service(TO_STABLE, others=[OTHER]))

    shop.set_image(V3)
    shop.until(shop.is_paused)
    assert shop.route == [TO_STABLE | {"weight": 80}, TO_CANARY | {"weight": 20}]
    shop.abort()
    shop.until(lambda: shop.managers == {"gitops"})
    assert shop.route == [TO_STABLE, TO_CANARY]
    shop.apply(WRITTEN)
    assert any(event.startswith("Updated VirtualService: VirtualService `myapp-vsvc`") for event in shop.events)


def test_fields_that_argo_rollouts_has_written_are_nobodys_once_it_is_followed(istio: None, shop: Shop) -> None:
    shop.apply(WRITTEN)
    for stable in (80, 100):
        shares = enumerate((stable, 100 - stable))
        body = [{"op": "replace", "path": f"/spec/http/0/route/{at}/weight", "value": share} for at, share in shares]
        flags = ("--type=json", "--field-manager=rollouts-controller", "-p", json.dumps(body))
        shop.kubectl("patch", VIRTUAL_SERVICES, VIRTUAL_SERVICE, *flags)
    changed = virtual_service(TO_STABLE, others=[OTHER])
    assert 'conflict with "rollouts-controller"' in shop.apply(changed, check=False)
    shop.create(*services(), meshed(STEPS))
    shop.until(lambda: shop.is_healthy() and shop.managers == {"gitops"})
    shop.apply(changed)


def test_two_rollouts_over_one_virtual_service_keep_what_each_needs(istio: None, shop: Shop) -> None:
    to_api = {"name": "other", "route": [{"destination": {"host": name}} for name in ("api", "api-canary")]}
    written = virtual_service(TO_STABLE, TO_CANARY, others=[to_api])
    shop.apply(written)
    other = meshed(STEPS, {"istio": {"virtualService": {"name": VIRTUAL_SERVICE, "routes": ["other"]}}})
    other["metadata"] = {"name": "api"}
    other["spec"]["strategy"]["canary"] |= {"stableService": "api", "canaryService": "api-canary"}
    for labels in (other["spec"]["selector"]["matchLabels"], other["spec"]["template"]["metadata"]["labels"]):
        labels["app"] = "api"
    theirs = [service(name) for name in ("api", "api-canary")]
    for item in theirs:
        item["spec"]["selector"]["app"] = "api"
    shop.create(*services(), *theirs, meshed(STEPS), other)

    def phases() -> list[str]:
        found = [shop.read("rollout", name) for name in (NAME, "api")]
        return [
            item.get("status", {}).get("phase", "")
            if item.get("status", {}).get("observedGeneration") == str(item["metadata"]["generation"])
            else ""
            for item in found
        ]

    def weights() -> list[list[int]]:
        routes = shop.read(VIRTUAL_SERVICES, VIRTUAL_SERVICE)["spec"]["http"]
        return [[entry.get("weight", 0) for entry in route["route"]] for route in routes]

    shop.until(lambda: phases() == ["Healthy", "Healthy"])
    shop.until(lambda: shop.managers == {"gitops"})
    for name in (NAME, "api"):
        shop.set_image(V2, name)
    shop.until(lambda: phases() == ["Paused", "Paused"])
    assert weights() == [[80, 20], [80, 20]]
    shop.abort("api")
    shop.until(lambda: phases() == ["Paused", "Degraded"] and weights() == [[80, 20], [100, 0]])
    assert 'conflict with "serinus"' in shop.apply(written, check=False), "the update that runs still needs its weights"
    shop.abort(NAME)
    shop.until(lambda: weights() == [[100, 0], [100, 0]] and shop.managers == {"gitops"})


def test_a_deleted_rollout_leaves_nothing_in_a_virtual_service(istio: None, shop: Shop) -> None:
    shop.apply(WRITTEN)
    shop.create(*services(), meshed([weight(50)]))
    shop.until(shop.is_healthy)
    shop.set_image(V2)
    shop.until(lambda: shop.is_healthy() and len(shop.route) == 1)
    shop.kubectl("delete", "rollout", NAME)
    shop.until(lambda: shop.route == [TO_STABLE, TO_CANARY] and shop.managers == {"gitops"})
    assert not shop.read(VIRTUAL_SERVICES, VIRTUAL_SERVICE)["metadata"].get("annotations")


def test_a_definition_that_is_missing_is_named_and_found_within_a_minute_of_being_installed(
    no_istio: None, cluster: Any, shop: Shop
) -> None:
    shop.create(*services(), meshed(STEPS))
    shop.until(lambda: shop.status.get("phase") == "Degraded")
    assert "VirtualService (networking.istio.io/v1alpha3) is not installed" in shop.status["message"]
    install(cluster, "istio", ISTIO_KINDS)
    shop.until(lambda: 'virtualservices.networking.istio.io "myapp-vsvc" not found' in shop.status.get("message", ""))
    shop.create(WRITTEN)
    shop.until(shop.is_healthy)
    assert shop.read("rollout", NAME)["spec"]["template"]["spec"]["containers"][0]["image"] == V1


def test_subsets_follow_the_versions_and_are_given_back(istio: None, shop: Shop) -> None:
    rule = destination_rule("theirs")
    myapp, _, site, updated = through_subsets(*STEPS)

    def followed() -> list[str]:
        found = shop.read("destinationrule", RULE)["spec"]["subsets"]
        return [item["labels"].get("rollouts-pod-template-hash", "") for item in found]

    shop.apply(rule)
    shop.apply(site)
    shop.create(myapp, updated)
    shop.until(shop.is_healthy)
    old = shop.status["stableRS"]
    shop.until(lambda: followed() == [old, old, ""])
    shop.set_image(V2)
    shop.until(shop.is_paused)
    new = shop.status["currentPodHash"]
    assert followed() == [old, new, ""]
    assert [item["weight"] for item in shop.route] == [80, 20]
    shop.promote()
    shop.until(lambda: shop.is_healthy() and len(shop.route) == 1)
    assert followed() == [new, new, ""]
    shop.kubectl("delete", "rollout", NAME)
    shop.until(lambda: followed() == ["", "", ""])
    assert not shop.read("destinationrule", RULE)["metadata"].get("annotations")
    assert shop.read("destinationrule", RULE)["spec"]["subsets"] == rule["spec"]["subsets"]


def refusal(namespace: str) -> list[dict[str, Any]]:
    """A policy that refuses every change of VirtualServices in a namespace."""
    rule = {
        "apiGroups": ["networking.istio.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["virtualservices"],
    }
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": namespace},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": "false", "message": "not today"}],
        },
    }
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": namespace},
        "spec": {
            "policyName": namespace,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": selector},
        },
    }
    return [policy, binding]


def test_a_router_that_is_refused_holds_the_step_and_not_the_other_router(
    istio: None, shop: Shop, cluster: Any, namespace: str
) -> None:
    shop.create(WRITTEN, *around())
    shop.create(meshed(STEPS, TO_BOTH | {"nginx": {"stableIngress": INGRESS}}))
    shop.until(shop.is_healthy)
    shop.create(*refusal(namespace))
    try:
        trial = ("annotate", VIRTUAL_SERVICES, VIRTUAL_SERVICE, "trial=1", "--dry-run=server", "--overwrite")
        shop.until(lambda: "not today" in shop.kubectl(*trial, check=False))
        shop.set_image(V2)
        shop.until(lambda: any("TrafficRoutingError: Istio: " in event for event in shop.events))
        canary = shop.read("ingress", CANARY_INGRESS)["metadata"]["annotations"]
        assert canary["nginx.ingress.kubernetes.io/canary-weight"] == "20"
        assert shop.read("rollout", NAME)["status"].get("currentStepIndex", 0) == 0
        assert [item["weight"] for item in shop.route] == [100, 0]
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            cluster.kubectl("delete", kind, namespace)
    shop.until(shop.is_paused)
    assert [item["weight"] for item in shop.route] == [80, 20]
