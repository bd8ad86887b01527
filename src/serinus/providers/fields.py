"""Fields that several providers have: durations, Secrets, and what a metric says of missing data."""

from collections.abc import Mapping

from serinus.api.amounts import parse_duration
from serinus.api.scalar import IntOrString
from serinus.providers.provider import Order, ProviderError, Reading, SecretName


def seconds(text: str, field: str, default: float) -> float:
    """A duration in seconds. Raises ProviderError unless it is longer than nothing."""
    if not text:
        return default
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise ProviderError(f"{field}: {error}") from None
    if found <= 0:
        raise ProviderError(f"{field} {text!r} must be longer than nothing")
    return found


def whole(value: IntOrString | None, field: str) -> int | None:
    """A whole number that may be written as text. Raises ProviderError."""
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise ProviderError(f"{field} {value!r} is not a whole number") from None
    return value


def secret(order: Order, name: SecretName, *keys: str) -> Mapping[str, str]:
    """What a Secret holds. Raises ProviderError where one of the keys is missing or empty."""
    found = order.secrets.get(name, {})
    missing = [key for key in keys if not found.get(key, "").strip()]
    if missing:
        where = f"{name.namespace}/{name.name}" if name.namespace else name.name
        raise ProviderError(f"Secret {where} lacks {', '.join(missing)}")
    return {key: value.strip() for key, value in found.items()}


def without_data(order: Order, why: str) -> Reading:
    """A reading of nothing, where ``onNoData`` says what that means. Raises ProviderError where it does not."""
    if not order.metric.on_no_data:
        raise ProviderError(why)
    return Reading(None, "", {"noData": why})
