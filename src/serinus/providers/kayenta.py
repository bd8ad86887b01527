"""Spinnaker's Kayenta, which compares a canary with a baseline and gives a score from 0 to 100."""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from serinus.api.provider import KayentaMetric, KayentaScope, KayentaThreshold
from serinus.providers.address import query_string, server
from serinus.providers.fields import seconds
from serinus.providers.provider import (
    AtOnce,
    HTTPRequest,
    Later,
    Measuring,
    Order,
    ProviderError,
    Verdict,
    fetch,
)
from serinus.providers.reply import decoded_as
from serinus.providers.request import Reply, Request

EXECUTION = "canaryExecutionId"
"""The key of a measurement's metadata."""
TIMEOUT = 15.0
PAUSE = 15.0
"""Seconds between two looks at a comparison that runs."""


class Config(Struct, frozen=True):
    """A canary configuration that Kayenta knows."""

    id: str = ""
    name: str = ""


class Started(Struct, frozen=True, rename="camel"):
    """A comparison that has begun."""

    canary_execution_id: str = ""


class Comparison(Struct, frozen=True):
    """How a comparison stands."""

    complete: bool | None = None
    status: str = ""
    result: Any = None


class Kayenta(AtOnce):
    """Begins a comparison, and judges its score by the metric's thresholds."""

    name = "kayenta"

    def run(self, order: Order) -> Measuring:
        """Begin the comparison."""
        spec = _spec(order)
        address = server(spec.address, "kayenta address")
        config = yield from _config(spec, address)
        reply = yield from fetch(_begin(order, spec, f"{address}/canary/{quote(config, safe='')}"))
        execution = decoded_as(reply, "Kayenta", Started).canary_execution_id
        if not execution:
            raise ProviderError("Invalid canaryExecutionId")
        return _later(order, execution)

    def resume(self, order: Order) -> Measuring:
        """Say what the score means, or when to look again."""
        spec = _spec(order)
        execution = order.measurement.metadata.get(EXECUTION, "") if order.measurement else ""
        if not execution:
            raise ProviderError("the measurement does not know its canaryExecutionId")
        url = f"{server(spec.address, 'kayenta address')}/canary/{quote(execution, safe='')}"
        reply = yield from fetch(HTTPRequest(url=url, timeout=TIMEOUT))
        comparison = decoded_as(reply, "Kayenta", Comparison)
        if comparison.complete is None:
            raise ProviderError("Missing Complete Status")
        if not comparison.complete:
            return _later(order, execution)
        return _verdict(_score(comparison), spec.threshold, execution)

    def terminate(self, order: Order) -> Measuring:
        """Wait no longer: Kayenta has no score yet, and cannot be told to stop."""
        yield from ()
        metadata = order.measurement.metadata if order.measurement else {}
        return Verdict("Inconclusive", "ended before Kayenta had a score", metadata=metadata)


def _config(spec: KayentaMetric, address: str) -> Generator[Request, Reply, str]:
    """The id of the configuration that the metric names."""
    values = [("application", spec.application), ("configurationAccountName", spec.configuration_account_name)]
    reply = yield from fetch(HTTPRequest(url=f"{address}/canaryConfig?{query_string(values)}", timeout=TIMEOUT))
    configs = decoded_as(reply, "Kayenta", tuple[Config, ...])
    for config in configs:
        if config.name == spec.canary_config_name:
            return config.id
    known = ", ".join(sorted(config.name for config in configs)) or "none"
    raise ProviderError(f"Canary config {spec.canary_config_name!r} not found; there are: {known}")


def _begin(order: Order, spec: KayentaMetric, url: str) -> HTTPRequest:
    values = [
        ("application", spec.application),
        ("metricsAccountName", spec.metrics_account_name),
        ("configurationAccountName", spec.configuration_account_name),
        ("storageAccountName", spec.storage_account_name),
    ]
    body = {
        "scopes": {scope.name: _scope(order, scope, spec.lookback) for scope in spec.scopes},
        "thresholds": {"pass": spec.threshold.pass_, "marginal": spec.threshold.marginal},
    }
    return HTTPRequest(
        url=f"{url}?{query_string(values)}",
        method="POST",
        headers=(("Content-Type", "application/json"),),
        body=msgspec.json.encode(body),
        timeout=TIMEOUT,
    )


def _scope(order: Order, scope: KayentaScope, lookback: bool) -> dict[str, Any]:
    """Both sides over the same time. Raises ProviderError where only one of them says when."""
    control, experiment = scope.control_scope, scope.experiment_scope
    for key, one, other in (("start", control.start, experiment.start), ("end", control.end, experiment.end)):
        if bool(one) != bool(other):
            raise ProviderError(f"controlScope.{key} and experimentScope.{key} must both be set or be empty")
    start = control.start or _stamp(_start(order, lookback))
    end = control.end or _stamp(order.now)
    sides = {"controlScope": control, "experimentScope": experiment}
    return {
        name: msgspec.to_builtins(replace(side, start=side.start or start, end=side.end or end))
        for name, side in sides.items()
    }


def _start(order: Order, lookback: bool) -> datetime:
    """The run's beginning, or one interval ago."""
    if lookback:
        return order.run.status.started_at or order.now
    if not order.metric.interval:
        raise ProviderError("kayenta needs start and end in its scopes, or lookback, or an interval of the metric")
    return order.now - timedelta(seconds=seconds(order.metric.interval, "interval", 0.0))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _later(order: Order, execution: str) -> Later:
    return Later(order.now + timedelta(seconds=PAUSE), {EXECUTION: execution})


def _score(comparison: Comparison) -> int:
    """The score without its fraction. Raises ProviderError where there is none."""
    found = comparison.result
    for key in ("judgeResult", "score", "score"):
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        ended = f": the comparison ended as {comparison.status}" if comparison.status else ""
        raise ProviderError(f"Missing Score{ended}")
    return int(found)


def _verdict(score: int, threshold: KayentaThreshold, execution: str) -> Verdict:
    metadata = {EXECUTION: execution}
    if score >= threshold.pass_:
        return Verdict("Successful", value=str(score), metadata=metadata)
    if score >= threshold.marginal:
        told = f"the score {score} is below {threshold.pass_}, but at least {threshold.marginal}"
        return Verdict("Inconclusive", told, str(score), metadata)
    return Verdict("Failed", f"the score {score} is below {threshold.marginal}", str(score), metadata)


def _spec(order: Order) -> KayentaMetric:
    spec = order.metric.provider.kayenta
    assert spec is not None
    return spec
