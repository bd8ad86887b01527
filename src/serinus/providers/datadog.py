"""Datadog's metrics API: which version, whose keys, from when to when."""

from collections.abc import Mapping, Sequence

from serinus.api.provider import DatadogMetric
from serinus.providers import datadog_v1, datadog_v2
from serinus.providers.address import server
from serinus.providers.datadog_query import Account, Question, Span
from serinus.providers.fields import seconds, secret
from serinus.providers.provider import AtOnce, Measuring, Order, ProviderError, SecretName
from serinus.providers.text import json_text

DEFAULT_INTERVAL, DEFAULT_TIMEOUT = 300.0, 10.0
DEFAULT_ADDRESS = "https://api.datadoghq.com"
DEFAULT_SECRET = "datadog"  # noqa: S105 - the name of a Secret


class Datadog(AtOnce):
    """v1: the last point of the first series. v2: a number, or a list where the query groups."""

    name = "datadog"

    def secrets(self, order: Order) -> Sequence[SecretName]:
        """The Secret that the metric names, else the default one, unless the environment has all."""
        name = _secret(order)
        return () if name is None else (name,)

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The query as it is sent."""
        spec = _spec(order)
        return {"ResolvedDatadogQuery": spec.query or json_text({**spec.queries, "formula": spec.formula})}

    def run(self, order: Order) -> Measuring:
        """Ask for the value."""
        spec = _spec(order)
        back = seconds(spec.interval, "datadog interval", DEFAULT_INTERVAL)
        now = int(order.now.timestamp())
        question = Question(
            _account(order),
            Span(now - int(back), now),
            seconds(spec.request_timeout, "datadog requestTimeout", DEFAULT_TIMEOUT),
        )
        match spec.api_version or "v1":
            case "v1":
                return (yield from datadog_v1.measured(spec, question))
            case "v2":
                return (yield from datadog_v2.measured(spec, question))
        raise ProviderError(f"datadog apiVersion {spec.api_version!r} is not known: use v1 or v2")


def _secret(order: Order) -> SecretName | None:
    """Where the keys are; None when the environment has them."""
    ref, settings = _spec(order).secret_ref, order.settings
    if ref is not None and ref.name:
        return SecretName(order.run.metadata.namespace if ref.namespaced else "", ref.name)
    if settings.datadog_address and settings.datadog_api_key and settings.datadog_app_key:
        return None
    return SecretName("", DEFAULT_SECRET)


def _account(order: Order) -> Account:
    """Raises ProviderError where a key is missing."""
    name, settings = _secret(order), order.settings
    if name is None:
        address = server(settings.datadog_address, "datadog address")
        return Account(address, settings.datadog_api_key, settings.datadog_app_key)
    held = secret(order, name, "api-key", "app-key")
    return Account(server(held.get("address") or DEFAULT_ADDRESS, "datadog address"), held["api-key"], held["app-key"])


def _spec(order: Order) -> DatadogMetric:
    spec = order.metric.provider.datadog
    assert spec is not None
    return spec
