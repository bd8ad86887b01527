"""Two Services that swap roles, beside Services of fixed roles or alone: none of them ever leads nowhere."""

from typing import Any

import pytest

from serinus.api import keys
from serinus.api.kinds import SERVICE
from serinus.plan import Ref
from serinus.traffic.alb import Alb
from serinus.traffic.istio import Istio
from stories.lagging import planner
from stories.manifests import CANARY, INGRESS, STABLE, V1, V2, V3, Manifest, pause, rollout, service, weight
from stories.meshes import VIRTUAL_SERVICE, to, virtual_service
from stories.simulated import NAMESPACE, Simulated

ISTIO = Istio()
SITE = Ref(ISTIO.virtual_service, NAMESPACE, VIRTUAL_SERVICE)
STEPS = (weight(40), pause(), weight(80), pause())
PING_PONG = {"pingPong": {"pingService": "ping", "pongService": "pong"}, "scaleDownDelaySeconds": 0}
FIXED = {"stableService": STABLE, "canaryService": CANARY}
BY_ISTIO = {"istio": {"virtualService": {"name": VIRTUAL_SERVICE}}}
BY_ALB = {"alb": {"ingress": INGRESS, "rootService": "root", "servicePort": 80}}


def edge() -> Manifest:
    backend = {"service": {"name": "root", "port": {"name": "use-annotation"}}}
    path = {"path": "/*", "pathType": "ImplementationSpecific", "backend": backend}
    spec = {"ingressClassName": "alb", "rules": [{"http": {"paths": [path]}}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": INGRESS}, "spec": spec}


async def opened(seed: int, routing: Manifest, **fields: Any) -> Simulated:
    """The first version, with what each layer needs."""
    stage = Simulated(seed=seed, planner=planner(ISTIO, Alb()))
    hosts = (STABLE, CANARY) if fields else ("ping", "pong")
    stage.world.server.create(SITE, virtual_service(*(to(host, 50) for host in hosts)), stage.world.now)
    names = ("root", "ping", "pong", *((STABLE, CANARY) if fields else ()))
    item = rollout(STEPS, trafficRouting=routing, **PING_PONG, **fields)
    await stage.deploy(item, edge(), *map(service, names))
    return stage


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("routing", "fields"),
    [(BY_ISTIO, {}), (BY_ALB, {}), (BY_ALB | BY_ISTIO, FIXED)],
    ids=["through Istio", "through an ALB", "through both"],
)
async def test_updates_follow_each_other(seed: int, routing: Manifest, fields: dict[str, str]) -> None:
    stage = await opened(seed, routing, **fields)
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote_full()
    await stage.until(lambda look: look.is_settled(V2))
    await stage.set_image(V1)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(1) and look.sizes == {V2: 3, V3: 2})
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded" and look.sizes == {V2: 3})
    await stage.retry()
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.promote()
    look = await stage.until(lambda look: look.is_settled(V3))
    stage.world.run_for(60)
    stage.check()
    selectors = [
        stage.world.server.read(Ref(SERVICE, NAMESPACE, name))["spec"]["selector"] for name in ("ping", "pong")
    ]
    assert [found[keys.POD_TEMPLATE_HASH] for found in selectors] == [look.rollout.status.stable_rs] * 2
