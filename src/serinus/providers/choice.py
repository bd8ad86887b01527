"""Which provider a metric means."""

from collections.abc import Mapping

from msgspec.structs import fields

from serinus.api.provider import MetricProvider
from serinus.providers.provider import Provider, ProviderError

_FIELDS = {item.name: item.encode_name for item in fields(MetricProvider) if item.name != "plugin"}
BUILT_IN = frozenset(_FIELDS.values())
"""The providers that have a field of their own; all others stand below ``plugin``."""


def chosen(spec: MetricProvider, providers: Mapping[str, Provider]) -> Provider:
    """The one provider that is configured. Raises ProviderError where it is none, several or unknown."""
    name = provider_name(spec)
    known = providers.keys() - BUILT_IN if spec.plugin else providers.keys()
    if name not in known:
        there_are = ", ".join(sorted(known)) or "none"
        raise ProviderError(f"no metric provider {name!r} is installed; there are: {there_are}")
    return providers[name]


def provider_name(spec: MetricProvider) -> str:
    """The name of the one provider that is configured. Raises ProviderError where it is none or several."""
    names = [wire for name, wire in _FIELDS.items() if getattr(spec, name) is not None]
    names += spec.plugin
    if not names:
        raise ProviderError("no provider specified")
    if len(names) > 1:
        raise ProviderError("multiple providers specified")
    return names[0]
