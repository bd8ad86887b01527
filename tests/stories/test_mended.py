"""Whatever is wrong is said, nothing that runs is touched meanwhile, and the update goes on once it is mended."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from rollout.rules.fields import ROUTED
from rollout.rules.routing import ROWS
from serinus import plugins
from serinus.api.kinds import INGRESS as INGRESS_KIND
from serinus.api.kinds import ROLLOUT, SERVICE
from serinus.plan import Ref
from serinus.traffic.istio import Istio
from serinus.traffic.nginx import Nginx
from serinus.traffic.router import Router
from stories.lagging import planner
from stories.manifests import (
    CANARY,
    CANARY_INGRESS,
    INGRESS,
    NAME,
    STABLE,
    V1,
    V2,
    around,
    ingress,
    pause,
    routed,
    service,
    weight,
)
from stories.meshes import (
    RULE,
    TO_BOTH,
    TO_SUBSETS,
    VIRTUAL_SERVICE,
    destination_rule,
    meshed,
    services,
    to,
    virtual_service,
)
from stories.simulated import NAMESPACE, Simulated

Manifest = dict[str, Any]
Change = Callable[[Manifest], object]

STEPS = (weight(20), pause(), weight(60))
RUNNING = {V1: 3, V2: 1}

MUTABLE = [
    pytest.param(change, message, (Nginx(),), id=message[:60])
    for change, message in ROUTED
    if not message.startswith(("spec.selector", "spec.template.metadata.labels"))
]
"""Every rule about the spec, except those about the selector: the API lets nobody change that."""
RULES = [pytest.param(change, message, plugins.routers(), id=name) for name, (change, message) in ROWS.items()]
"""Every rule about strategies and routers."""


@pytest.mark.parametrize(("change", "message", "routers"), MUTABLE + RULES)
async def test_a_spec_that_is_broken_in_mid_update(change: Change, message: str, routers: Sequence[Router]) -> None:
    stage = Simulated(planner=planner(*routers))
    for name in ("ping", "pong"):
        await stage.create(service(name))
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    good = (await stage.read(ROLLOUT, NAME))["spec"]
    await stage.edit(change)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.message == f'InvalidSpec: The Rollout "{NAME}" is invalid: {message}'
    look = await stage.stays(lambda look: look.pods == RUNNING and look.canary_weight == "20", seconds=60)
    assert look.services == {"stable": V1, "canary": V2}
    await stage.edit(lambda spec: (spec.clear(), spec.update(good)))
    await stage.until(lambda look: look.is_paused_at(1) and look.condition("InvalidSpec") is None)
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))
    stage.check()


ISTIO = Istio()
SITE = Ref(ISTIO.virtual_service, NAMESPACE, VIRTUAL_SERVICE)
SUBSETS = Ref(ISTIO.destination_rule, NAMESPACE, RULE)
GROUP = "networking.istio.io"
FIELD = "spec.strategy.canary.trafficRouting.istio"


class Meshed(Simulated):
    """A stage whose traffic Istio splits; a mesh's proxies are not played, only its objects."""

    def __init__(self) -> None:
        super().__init__(planner=planner(ISTIO, Nginx()))

    def put(self, ref: Ref, manifest: Manifest) -> None:
        self.world.server.create(ref, manifest | {"metadata": manifest.get("metadata", {})}, self.world.now)

    def change(self, ref: Ref, change: Change) -> None:
        found = copy.deepcopy(self.world.server.read(ref))
        changed = {key: value for key, value in found.items() if key != "metadata"}
        change(changed)
        metadata = {key: value for key, value in found["metadata"].items() if key != "resourceVersion"}
        self.world.server.replace(ref, changed | {"metadata": metadata})

    def take(self, ref: Ref) -> Manifest:
        """Delete an object, and keep it to put it back."""
        found = self.world.server.read(ref)
        self.world.server.delete(ref, self.world.now)
        return {key: value for key, value in found.items() if key != "metadata"}

    @property
    def weights(self) -> list[int]:
        found = self.world.server.find(SITE)
        entries = found["spec"]["http"][0]["route"] if found else []
        return [item.get("weight", 0) for item in entries]

    async def begin(self, routing: Manifest = TO_BOTH, *entries: Manifest) -> None:
        """An update that is paused at its first weight."""
        self.put(SITE, virtual_service(*entries))
        await self.deploy(meshed(STEPS, routing), *services())
        await self.until(lambda look: all(look.services.values()))
        await self.set_image(V2)
        await self.until(lambda look: look.is_paused_at(1))
        assert self.weights == [80, 20]

    async def refuses(self, text: str) -> None:
        """It is said what is wrong, and nothing is taken away."""
        look = await self.until(lambda look: look.phase == "Degraded")
        assert text in look.message
        await self.stays(lambda look: look.pods == RUNNING and look.step == 1, seconds=60)

    async def goes_on(self) -> None:
        await self.until(lambda look: look.is_paused_at(1) and look.condition("InvalidSpec") is None)
        await self.until(lambda _: self.weights == [80, 20])
        await self.promote()
        await self.until(lambda look: look.is_settled(V2))
        self.check()


def http(spec: Manifest) -> Manifest:
    first: Manifest = spec["spec"]["http"][0]
    return first


def two_unnamed(spec: Manifest) -> None:
    del http(spec)["name"]
    spec["spec"]["http"].append({"route": [to(STABLE, 100)]})


NOT_IN_ROUTE = "Istio VirtualService has invalid HTTP routes. Error: {} Service '{}' not found in route"
BROKEN_ROUTES: dict[str, tuple[Change, str]] = {
    "no such route": (
        lambda spec: http(spec).update(name="other"),
        "Error: HTTP Route 'primary' is not found in the defined Virtual Service.",
    ),
    "no canary": (lambda spec: http(spec)["route"].pop(1), NOT_IN_ROUTE.format("Canary", CANARY)),
    "no stable": (lambda spec: http(spec)["route"].pop(0), NOT_IN_ROUTE.format("Stable", STABLE)),
    "no routes": (
        lambda spec: spec["spec"].pop("http"),
        "Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService",
    ),
    "two without a name": (two_unnamed, "HTTP Route 'primary' is not found"),
}


@pytest.mark.parametrize("name", BROKEN_ROUTES)
async def test_a_virtual_service_that_is_edited_by_hand_in_mid_update(name: str) -> None:
    change, message = BROKEN_ROUTES[name]
    stage = Meshed()
    await stage.begin()
    good = stage.world.server.read(SITE)["spec"]
    stage.change(SITE, change)
    await stage.refuses(f'{FIELD}.virtualService.name: Invalid value: "{VIRTUAL_SERVICE}": ')
    await stage.refuses(message)
    stage.change(SITE, lambda spec: spec.update(spec=good))
    await stage.goes_on()


async def test_a_virtual_service_that_is_deleted_in_mid_update() -> None:
    stage = Meshed()
    await stage.begin()
    good = stage.take(SITE)
    await stage.refuses(
        f'{FIELD}.virtualService.name: Invalid value: "{VIRTUAL_SERVICE}": virtualservices.networking.istio.io "'
    )
    stage.put(SITE, good)
    await stage.goes_on()


async def test_weights_that_somebody_changes_are_put_back() -> None:
    stage = Meshed()
    await stage.begin()
    stage.change(SITE, lambda spec: http(spec).update(route=[to(STABLE, 5), to(CANARY, 95)]))
    await stage.until(lambda _: stage.weights == [80, 20])
    await stage.goes_on()


async def test_a_virtual_service_that_is_not_there_yet() -> None:
    stage = Meshed()
    for manifest in (*services(), meshed(STEPS)):
        await stage.create(manifest)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f'virtualservices.networking.istio.io "{VIRTUAL_SERVICE}" not found' in look.message
    stage.put(SITE, virtual_service())
    await stage.until(lambda look: look.is_settled(V1))


TWICE = (VIRTUAL_SERVICE, f"{VIRTUAL_SERVICE}.{NAMESPACE}")
ONE_OF = "set exactly one of virtualService and virtualServices"
BROKEN_FIELDS: dict[str, tuple[Manifest, str]] = {
    "both": ({"virtualServices": [{"name": VIRTUAL_SERVICE}]}, ONE_OF),
    "none": ({"virtualService": None}, ONE_OF),
    "another": ({"virtualService": {"name": "nowhere"}}, '"nowhere": virtualservices.networking.istio.io "nowhere"'),
    "twice": (
        {
            "virtualService": None,
            "virtualServices": [{"name": VIRTUAL_SERVICE}, {"name": f"{VIRTUAL_SERVICE}.{NAMESPACE}"}],
        },
        "is named twice: list its routes in one entry",
    ),
}


@pytest.mark.parametrize("name", BROKEN_FIELDS)
async def test_fields_of_istio_that_are_broken_in_mid_update(name: str) -> None:
    fields, message = BROKEN_FIELDS[name]
    stage = Meshed()
    await stage.begin()
    good = (await stage.read(ROLLOUT, NAME))["spec"]["strategy"]["canary"]["trafficRouting"]

    def change(spec: Manifest) -> None:
        istio = {key: value for key, value in (good["istio"] | fields).items() if value is not None}
        spec["strategy"]["canary"]["trafficRouting"] = {"istio": istio}

    await stage.edit(change)
    await stage.refuses(message)
    await stage.edit(lambda spec: spec["strategy"]["canary"].update(trafficRouting=good))
    await stage.goes_on()


def without_canary(spec: Manifest) -> None:
    spec["spec"]["subsets"] = spec["spec"]["subsets"][:1]


async def test_a_destination_rule_that_is_deleted_or_loses_a_subset_in_mid_update() -> None:
    stage = Meshed()
    stage.put(SUBSETS, destination_rule())
    await stage.begin(TO_SUBSETS, to("myapp", 100, "stable"), to("myapp", 0, "canary"))
    good = stage.take(SUBSETS)
    await stage.refuses(
        f'{FIELD}.destinationRule.name: Invalid value: "{RULE}": destinationrules.networking.istio.io "{RULE}"'
    )
    stage.put(SUBSETS, good)
    await stage.until(lambda look: look.is_paused_at(1))
    stage.change(SUBSETS, without_canary)
    await stage.refuses(f"DestinationRule `{RULE}` has no subset 'canary'")
    stage.change(SUBSETS, lambda spec: spec.update(spec=good["spec"]))
    await stage.goes_on()


async def with_nginx() -> Simulated:
    stage = Simulated()
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    return stage


async def ends_well(stage: Simulated) -> None:
    await stage.until(lambda look: look.is_paused_at(1) and look.canary_weight == "20")
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))
    stage.check()


async def test_a_canary_ingress_of_somebody_else_is_left_alone_until_it_is_gone() -> None:
    stage = Simulated()
    theirs = ingress() | {"metadata": {"name": CANARY_INGRESS, "labels": {"team": "other"}}}
    for manifest in (*around(), theirs, routed(STEPS)):
        await stage.create(manifest)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f"canary ingress `{CANARY_INGRESS}` controlled by different object" in look.message
    look = await stage.stays(lambda look: look.phase == "Degraded", seconds=60)
    assert (await stage.read(INGRESS_KIND, CANARY_INGRESS))["metadata"]["labels"] == {"team": "other"}
    await stage.delete(INGRESS_KIND, CANARY_INGRESS)
    await stage.until(lambda look: look.is_settled(V1) and all(look.services.values()))
    await stage.set_image(V2)
    await ends_well(stage)


async def test_a_canary_ingress_that_somebody_deletes_or_edits_in_mid_update_comes_back() -> None:
    stage = await with_nginx()
    await stage.delete(INGRESS_KIND, CANARY_INGRESS)
    await stage.until(lambda look: look.canary_weight == "20")
    await stage.sees_traffic({V1: 80, V2: 20})
    edit = {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary-weight": "99"}}}
    await stage.patch(INGRESS_KIND, CANARY_INGRESS, edit)
    await stage.until(lambda look: look.canary_weight == "20")
    await ends_well(stage)


async def test_a_stable_ingress_that_somebody_deletes_or_turns_away_in_mid_update() -> None:
    stage = await with_nginx()
    good = await stage.read(INGRESS_KIND, INGRESS)
    turned = ingress()
    turned["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "other"
    await stage.patch(INGRESS_KIND, INGRESS, {"spec": turned["spec"]})
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f"ingress `{INGRESS}` has no rules using service {STABLE} backend" in look.message
    await stage.patch(INGRESS_KIND, INGRESS, {"spec": good["spec"]})
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.delete(INGRESS_KIND, INGRESS)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f'ingress "{INGRESS}" not found' in look.message
    await stage.stays(lambda look: look.pods == RUNNING, seconds=60)
    await stage.create(ingress())
    await stage.until(lambda look: look.is_paused_at(1) and look.canary_weight == "20")
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def test_services_that_are_somebody_elses_or_select_other_pods() -> None:
    stage = await with_nginx()
    theirs = {"metadata": {"annotations": {"argo-rollouts.argoproj.io/managed-by-rollouts": "other"}}}
    ours = {"metadata": {"annotations": {"argo-rollouts.argoproj.io/managed-by-rollouts": NAME}}}
    for change, mended, message in (
        (theirs, ours, f'Service "{STABLE}" is managed by another Rollout'),
        (
            {"spec": {"selector": {"app": "elsewhere"}}},
            {"spec": {"selector": {"app": "myapp"}}},
            f'Service "{STABLE}" has unmatch label "app" in rollout',
        ),
    ):
        await stage.patch(SERVICE, STABLE, change)
        look = await stage.until(lambda look: look.phase == "Degraded")
        assert message in look.message
        await stage.patch(SERVICE, STABLE, mended)
        await stage.until(lambda look: look.is_paused_at(1))
    await stage.until(lambda look: look.canary_weight == "20")
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))
