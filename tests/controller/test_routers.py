"""Every router on a real API server: what is written is kept as it is, once, and nothing is left of it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.process import ControllerProcess
from serinus.api.kinds import Kind
from serinus.local.vendors import definitions
from stories.manifests import CANARY, NAME, STABLE, V2, pause, rollout, service, weight
from traffic import cases, layers
from traffic.layers import Story

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

Manifest = dict[str, Any]

STEPS = (weight(20), pause(), weight(100))
HEADER = {"name": "testers", "match": [{"headerName": "X-Canary", "headerValue": {"exact": "yes"}}]}
QUIET_SECONDS = 3.0
"""How long nothing may be written while an update is paused."""

OF_THE_API = {"networking.k8s.io"}
"""The groups whose kinds every API server has."""


def least(kind: Kind) -> Manifest:
    """A definition that keeps every field, for a kind whose vendor publishes no module with its own."""
    group, _, version = kind.api_version.partition("/")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"plural": kind.plural, "singular": kind.kind.lower(), "kind": kind.kind, "listKind": f"{kind.kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": names,
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


def definitions_of(name: str) -> list[Manifest]:
    """The definitions of the kinds that a router reads in its story."""
    story = layers.story(name)
    kinds = {ref.kind for ref in layers.router(name).reads(cases.rollout(story.routing))}
    own = [least(kind) for kind in kinds if kind.api_version.partition("/")[0] not in OF_THE_API]
    if not story.vendor:
        return own
    names = {item["metadata"]["name"] for item in own}
    found = [item for item in asyncio.run(definitions([story.vendor])) if item["metadata"]["name"] in names]
    assert len(found) == len(names), f"{story.vendor} has not all of {', '.join(sorted(names))}"
    return found


@pytest.fixture
def layer(request: pytest.FixtureRequest, cluster: Any, installed: set[str]) -> Story:
    """What the router of this name plays with, its kinds being there."""
    found = [] if request.param in installed else definitions_of(request.param)
    if found:
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": found})
        cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifest)
        names = [f"crd/{item['metadata']['name']}" for item in found]
        cluster.kubectl("wait", "--for=condition=Established", *names, "--timeout=30s")
    installed.add(request.param)
    return layers.story(request.param)


@pytest.fixture(scope="module")
def installed() -> set[str]:
    """The routers whose kinds are there."""
    return set()


@pytest.fixture
def controller(cluster: Any, namespace: str, layer: Story, tmp_path: Path) -> Iterator[ControllerProcess]:
    """The controller, with the arguments that the layer needs."""
    process = ControllerProcess(cluster, namespace, tmp_path / "controller.log", *layer.flags)
    process.start()
    process.wait_ready()
    yield process
    if process.is_running:
        assert process.stop() == 0


class Shop:
    """A namespace with one Rollout."""

    def __init__(self, cluster: Any, namespace: str, layer: Story) -> None:
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
        """Whether what was made for the update alone is gone."""
        made = self._layer.made
        return not made or self._layer.stays or "NotFound" in self.kubectl("get", made, check=False)

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
def shop(cluster: Any, namespace: str, layer: Story, controller: Any) -> Shop:
    return Shop(cluster, namespace, layer)


@pytest.mark.parametrize("layer", layers.played(), indirect=True)
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


@pytest.mark.parametrize("layer", layers.played(abort=True), indirect=True)
def test_an_abort_gives_all_traffic_back(shop: Shop) -> None:
    shop.open()
    shop.update()
    shop.until("Paused", 20)
    shop.patch_status('{"status":{"abort":true}}')
    shop.until("Degraded", 0)
    shop.wait(shop.is_clean, "something of ours is left beside the user's objects")
