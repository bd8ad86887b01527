"""Metrics and health, over HTTP."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from serinus import __version__
from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, ROLLOUT
from serinus.api.rollout import Rollout
from serinus.controller.census import AnalysisCollector
from serinus.controller.decoding import Malformed
from serinus.controller.settings import Listen
from serinus.controller.stores import Stores
from serinus.kube import Key
from serinus.plan import Event

_KINDS = {ROLLOUT.kind: "rollout", ANALYSIS_RUN.kind: "analysis_run", EXPERIMENT.kind: "experiment"}
"""The kinds whose turns are counted, and how their metrics begin."""
_REASON_PHASES = {
    "NewReplicaSetAvailable": "Completed",
    "RolloutPaused": "Paused",
    "ReplicaSetCreateError": "Error",
    "ProgressDeadlineExceeded": "Timeout",
    "RolloutAborted": "Abort",
}


class RolloutCollector(Collector):
    """What every Rollout is like now, read from the store when somebody asks: no series outlives its Rollout."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def collect(self) -> Iterator[Metric]:
        """Gauges in the names of Argo Rollouts' metrics."""
        place = ["namespace", "name"]
        info = GaugeMetricFamily("rollout_info", "Rollouts.", labels=[*place, "strategy", "traffic_router", "phase"])
        counts = {
            name: GaugeMetricFamily(f"rollout_info_replicas_{name}", f"Replicas: {name}.", labels=place)
            for name in ("desired", "available", "unavailable", "updated")
        }
        for rollout in self._stores.rollouts.values():
            labels = [rollout.metadata.namespace, rollout.metadata.name]
            if isinstance(rollout, Malformed):
                info.add_metric([*labels, "none", "", "InvalidSpec"], 1)
                continue
            info.add_metric([*labels, *_info(rollout)], 1)
            for name, value in _counts(rollout).items():
                counts[name].add_metric(labels, value)
        yield info
        yield from counts.values()


class Telemetry:
    """The controller's own metrics, under Argo Rollouts' names where it has them."""

    def __init__(self, stores: Stores) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(RolloutCollector(stores))
        self.registry.register(AnalysisCollector(stores))
        ProcessCollector(registry=self.registry)
        self._turns = {kind: self._histogram(f"{name}_reconcile") for kind, name in _KINDS.items()}
        self._errors = {kind: self._counter(f"{name}_reconcile_error") for kind, name in _KINDS.items()}
        self._events = Counter("rollout_events", "Events.", ["type", "reason"], registry=self.registry)
        self._requests = Counter(
            "controller_clientset_k8s_request", "Calls to the API.", ["verb", "status_code"], registry=self.registry
        )
        info = GaugeMetricFamily("argo_rollouts_controller_info", "The running version.", labels=["version"])
        info.add_metric([__version__], 1)
        self.registry.register(_Constant(info))

    def turn(self, key: Key, seconds: float, outcome: str) -> None:
        """Count a turn of the loop."""
        kind = key.kind if key.kind in _KINDS else ROLLOUT.kind  # what is given back is given back for Rollouts
        self._turns[kind].observe(seconds)
        if outcome == "failed":
            self._errors[kind].labels(key.namespace, key.name).inc()
        elif outcome == "gone":
            self._errors[kind].remove(key.namespace, key.name)  # no series outlives its object

    def _histogram(self, name: str) -> Histogram:
        buckets = (0.01, 0.15, 0.25, 0.5, 1)
        return Histogram(name, "Seconds of a turn.", buckets=buckets, registry=self.registry)

    def _counter(self, name: str) -> Counter:
        return Counter(name, "Turns that failed.", ["namespace", "name"], registry=self.registry)

    def event(self, event: Event) -> None:
        """Count an event, sent or not."""
        self._events.labels(event.type, event.reason).inc()

    def request(self, method: str, path: str, status: int, seconds: float) -> None:  # noqa: ARG002
        """Count a call to the API."""
        self._requests.labels(method, str(status)).inc()

    async def scrape(self, request: web.Request) -> web.Response:  # noqa: ARG002
        """Answer a scraper."""
        return web.Response(body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Constant(Collector):
    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self._metric


@asynccontextmanager
async def served(telemetry: Telemetry, listen: Listen, on_bound: Callable[[str, int], None]) -> AsyncIterator[None]:
    """Serve metrics and health while the body runs; ``on_bound`` is told of each name and port.

    Raises OSError when a port is taken.
    """
    sites = (("metrics", listen.metrics_port, telemetry.scrape), ("healthz", listen.healthz_port, _health))
    runners = []
    try:
        for name, port, handler in sites:
            if port is None:
                continue
            app = web.Application()
            app.router.add_get(f"/{name}", handler)
            runner = web.AppRunner(app, access_log=None)
            runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, listen.address, port).start()
            on_bound(name, runner.addresses[0][1])
        yield
    finally:
        for runner in runners:
            await runner.cleanup()


async def _health(request: web.Request) -> web.Response:  # noqa: ARG001
    return web.Response(text="ok")


def _info(rollout: Rollout) -> tuple[str, str, str]:
    strategy = rollout.spec.strategy
    name = "canary" if strategy.canary else "blueGreen" if strategy.blue_green else "none"
    routing = strategy.canary.traffic_routing if strategy.canary else None
    router = "Nginx" if routing and routing.nginx else ""
    return name, router, _phase(rollout)


def _phase(rollout: Rollout) -> str:
    if rollout.status.condition("InvalidSpec"):
        return "InvalidSpec"
    progressing = rollout.status.condition("Progressing")
    return _REASON_PHASES.get(progressing.reason if progressing else "", "Progressing")


def _counts(rollout: Rollout) -> dict[str, int]:
    available = rollout.status.available_replicas or 0
    return {
        "desired": rollout.replicas,
        "available": available,
        "unavailable": max(0, (rollout.status.replicas or 0) - available),
        "updated": rollout.status.updated_replicas or 0,
    }
