"""Every router on a real API server: what is written is kept as it is, once, and nothing is left of it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.process import ControllerProcess
from serinus.local.vendors import definitions
from stories.manifests import CANARY, NAME, STABLE, V2, pause, rollout, service, weight

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

Manifest = dict[str, Any]

STEPS = (weight(20), pause(), weight(100))
HEADER = {"name": "testers", "match": [{"headerName": "X-Canary", "headerValue": {"exact": "yes"}}]}
QUIET_SECONDS = 3.0
"""How long nothing may be written while an update is paused."""

OURS = {
    "apisixroutes.apisix.apache.org": ("ApisixRoute", "v2"),
    "mappings.getambassador.io": ("Mapping", "v2"),
    "virtualservices.appmesh.k8s.aws": ("VirtualService", "v1beta2"),
    "virtualrouters.appmesh.k8s.aws": ("VirtualRouter", "v1beta2"),
    "virtualnodes.appmesh.k8s.aws": ("VirtualNode", "v1beta2"),
}
"""Kinds whose vendors publish no module with their definitions: the least that an API server takes."""


def least(name: str, kind: str, version: str) -> Manifest:
    """A definition that keeps every field."""
    plural, _, group = name.partition(".")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


@pytest.fixture(scope="module")
def kinds(cluster: Any) -> None:
    """The kinds of all vendors."""
    wanted = ("httproutes", "grpcroutes", "tcproutes", "tlsroutes", "trafficsplits", "traefikservices")
    theirs = asyncio.run(definitions(["gateway-api", "smi", "traefik"]))
    found = [item for item in theirs if item["metadata"]["name"].startswith(wanted)]
    found += [least(name, *rest) for name, rest in OURS.items()]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": found})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifest)
    for item in found:
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{item['metadata']['name']}", "--timeout=30s")


@pytest.fixture
def controller(cluster: Any, namespace: str, tmp_path: Path) -> Iterator[ControllerProcess]:
    """The controller, with the version of TrafficSplits that their vendor's definition has."""
    log = tmp_path / "controller.log"
    process = ControllerProcess(cluster, namespace, log, "--traffic-split-api-version", "v1alpha4")
    process.start()
    process.wait_ready()
    yield process
    if process.is_running:
        assert process.stop() == 0


class Layer:
    """One traffic layer: what the Rollout says, and the user's objects."""

    def __init__(self, routing: Manifest, *objects: Manifest, header: bool = False, made: str = "") -> None:
        self.routing = routing
        self.objects = objects
        self.header = header
        self.made = made
        """The object of our own that exists while the update is paused, as kubectl names it."""


def made(api_version: str, kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def gateway_route(kind: str, name: str, version: str = "v1", **rule: Any) -> Manifest:
    backends = [{"name": STABLE, "port": 80}, {"name": CANARY, "port": 80, "weight": 0}]
    spec = {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": backends, **rule}]}
    return made(f"gateway.networking.k8s.io/{version}", kind, name, spec)


def node(name: str) -> Manifest:
    return made("appmesh.k8s.aws/v1beta2", "VirtualNode", name, {"podSelector": {"matchLabels": {"app": "myapp"}}})


ACTION = {"service": {"name": STABLE, "port": {"name": "use-annotation"}}}
TARGETS = [{"virtualNodeRef": {"name": "c"}, "weight": 0}, {"virtualNodeRef": {"name": "s"}, "weight": 100}]
APISIX_BACKENDS = [{"serviceName": name, "servicePort": 80} for name in (STABLE, CANARY)]
PLUGIN = "argoproj-labs/gatewayAPI"

LAYERS = {
    "gateway": Layer(
        {
            "plugins": {
                PLUGIN: {
                    "httpRoute": "site",
                    "grpcRoute": "api",
                    "tcpRoute": "stream",
                    "tlsRoute": "secure",
                    "sessionAffinity": {},
                }
            }
        },
        gateway_route("HTTPRoute", "site", matches=[{"path": {"value": "/shop"}}], timeouts={"request": "10s"}),
        gateway_route("GRPCRoute", "api"),
        gateway_route("TCPRoute", "stream", "v1alpha2"),
        gateway_route("TLSRoute", "secure", "v1alpha2")
        | {
            "spec": gateway_route("TLSRoute", "secure")["spec"] | {"hostnames": ["shop.example.com"]},
        },
        header=True,
        made=f"httproute/site-{NAME}-managed",
    ),
    "alb": Layer(
        {"alb": {"ingress": "edge", "servicePort": 80}},
        made(
            "networking.k8s.io/v1",
            "Ingress",
            "edge",
            {"rules": [{"http": {"paths": [{"path": "/*", "pathType": "ImplementationSpecific", "backend": ACTION}]}}]},
        ),
        header=True,
    ),
    "smi": Layer({"smi": {}}, made=f"trafficsplit/{NAME}"),
    "traefik": Layer(
        {"traefik": {"weightedTraefikServiceName": "split"}},
        made(
            "traefik.io/v1alpha1",
            "TraefikService",
            "split",
            {"weighted": {"services": [{"name": STABLE, "port": 80}, {"name": CANARY, "port": 80}]}},
        ),
    ),
    "ambassador": Layer(
        {"ambassador": {"mappings": ["site"]}},
        made("getambassador.io/v2", "Mapping", "site", {"prefix": "/", "service": f"{STABLE}:80"}),
        made="mapping/site-canary",
    ),
    "apisix": Layer(
        {"apisix": {"route": {"name": "site"}}},
        made(
            "apisix.apache.org/v2",
            "ApisixRoute",
            "site",
            {"http": [{"name": "site", "match": {"paths": ["/*"]}, "backends": APISIX_BACKENDS}]},
        ),
        header=True,
        made="apisixroute/testers",
    ),
    "appmesh": Layer(
        {
            "appMesh": {
                "virtualService": {"name": "web"},
                "virtualNodeGroup": {"canaryVirtualNodeRef": {"name": "c"}, "stableVirtualNodeRef": {"name": "s"}},
            }
        },
        made(
            "appmesh.k8s.aws/v1beta2",
            "VirtualService",
            "web",
            {"provider": {"virtualRouter": {"virtualRouterRef": {"name": "router"}}}},
        ),
        made(
            "appmesh.k8s.aws/v1beta2",
            "VirtualRouter",
            "router",
            {"routes": [{"name": "all", "httpRoute": {"action": {"weightedTargets": TARGETS}}}]},
        ),
        node("c"),
        node("s"),
    ),
}


class Shop:
    """A namespace with one Rollout."""

    def __init__(self, cluster: Any, namespace: str, layer: Layer) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._layer = layer

    def kubectl(self, *args: str, stdin: Manifest | None = None, check: bool = True) -> str:
        text = None if stdin is None else json.dumps(stdin)
        return self._cluster.kubectl("-n", self._namespace, *args, stdin=text, check=check)

    def read(self, *what: str) -> Manifest:
        return json.loads(self.kubectl("get", *what, "-o", "json"))

    def open(self) -> None:
        """Make everything, and wait for the first version to serve."""
        for item in (*self._layer.objects, service(STABLE), service(CANARY)):
            self.kubectl("create", "-f", "-", stdin=item)
        steps = STEPS if not self._layer.header else (*STEPS[:1], {"setHeaderRoute": HEADER}, *STEPS[1:])
        routing = self._layer.routing | ({"managedRoutes": [{"name": "testers"}]} if self._layer.header else {})
        item = rollout(steps, stableService=STABLE, canaryService=CANARY, trafficRouting=routing)
        self.kubectl("create", "-f", "-", stdin=item)
        self.until("Healthy")

    def update(self) -> None:
        change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": V2}]
        self.kubectl("patch", "rollout", NAME, "--type", "json", "-p", json.dumps(change))

    def patch_status(self, body: str) -> None:
        self.kubectl("patch", "rollout", NAME, "--subresource=status", "--type", "merge", "-p", body)

    def until(self, phase: str, weight: int | None = None) -> None:
        """Wait for a phase, and for a weight of the canary that the status tells."""
        deadline = time.monotonic() + 60
        while True:
            found = self.read("rollout", NAME)
            status = found.get("status", {})
            is_seen = status.get("observedGeneration") == str(found["metadata"]["generation"])
            canary = status.get("canary", {}).get("weights", {}).get("canary", {}).get("weight")
            if is_seen and status.get("phase") == phase and weight in {None, canary}:
                return
            if time.monotonic() > deadline:
                events = self.kubectl("get", "events", "-o", "custom-columns=R:.reason,M:.message")
                pytest.fail(f"it did not come to {phase} at {weight}: {json.dumps(status)}\n{events}")
            time.sleep(0.2)

    def wait(self, what: Callable[[], bool], trouble: str) -> None:
        """Wait for something that comes by itself."""
        deadline = time.monotonic() + 60
        while not what():
            if time.monotonic() > deadline:
                pytest.fail(f"{trouble}:\n{self.text()}")
            time.sleep(0.2)

    def versions(self) -> dict[str, str]:
        """The resource version of everything that a router may write."""
        named = [*self._named(), *([self._layer.made] if self._layer.made else [])]
        return {name: self.read(name)["metadata"]["resourceVersion"] for name in named}

    def owners(self) -> set[str]:
        """Who has written fields of the user's objects."""
        found = [self.read(name, "--show-managed-fields")["metadata"]["managedFields"] for name in self._named()]
        return {entry["manager"] for fields in found for entry in fields}

    def is_clean(self) -> bool:
        """Whether what was made for the update alone is gone; a TrafficSplit is made for all times."""
        made = self._layer.made
        is_kept = not made or made.startswith("trafficsplit")
        return is_kept or "NotFound" in self.kubectl("get", made, check=False)

    def text(self) -> str:
        """The user's objects as text."""
        return "\n".join(self.kubectl("get", name, "-o", "yaml") for name in self._named())

    def _named(self) -> list[str]:
        """The user's objects as kubectl names them."""
        return [f"{item['kind'].lower()}.{self.group(item)}/{item['metadata']['name']}" for item in self._layer.objects]

    @property
    def makes_all(self) -> bool:
        """Whether a layer changes nothing of the user's, and only makes objects beside."""
        return bool(self._layer.made) and not self._layer.header

    @staticmethod
    def group(item: Manifest) -> str:
        return str(item["apiVersion"]).partition("/")[0]


@pytest.fixture
def shop(request: pytest.FixtureRequest, cluster: Any, kinds: None, namespace: str, controller: Any) -> Shop:
    return Shop(cluster, namespace, LAYERS[request.param])


@pytest.mark.parametrize("shop", LAYERS, indirect=True)
def test_an_update_goes_through_a_layer_and_leaves_nothing(shop: Shop) -> None:
    shop.open()
    shop.update()
    shop.until("Paused", 20)
    before = shop.versions()
    time.sleep(QUIET_SECONDS)
    assert shop.versions() == before, "while nothing is decided, something is written"
    assert ("serinus" in shop.owners()) == (not shop.makes_all), "who applies another weight must meet a conflict"
    shop.patch_status('{"status":{"pauseConditions":null}}')
    shop.until("Healthy", 0)
    shop.wait(shop.is_clean, "something of ours is left beside the user's objects")
    shop.kubectl("delete", "rollout", NAME)
    shop.wait(lambda: "rollout" not in shop.text(), "the user's objects still speak of the Rollout")


@pytest.mark.parametrize("shop", ["gateway", "ambassador", "appmesh"], indirect=True)
def test_an_abort_gives_all_traffic_back(shop: Shop) -> None:
    shop.open()
    shop.update()
    shop.until("Paused", 20)
    shop.patch_status('{"status":{"abort":true}}')
    shop.until("Degraded", 0)
    shop.wait(shop.is_clean, "something of ours is left beside the user's objects")
