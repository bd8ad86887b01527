"""Wavefront's chart API: the points closest to the moment of the measurement."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from serinus.api.provider import WavefrontMetric
from serinus.expr import Floats
from serinus.providers.address import query_string, server
from serinus.providers.fields import secret, without_data
from serinus.providers.provider import AtOnce, HTTPRequest, Measuring, Order, ProviderError, Reading, SecretName, fetch
from serinus.providers.reply import decoded_as

TOKENS = SecretName("", "wavefront-api-tokens")
"""Address → token."""
TIMEOUT = 10.0

Point = tuple[float, float]
"""A moment in seconds, and a value."""


class Series(Struct, frozen=True):
    """One series of a reply."""

    data: tuple[Point, ...] = ()


class Answer(Struct, frozen=True, rename="camel"):
    """A reply."""

    timeseries: tuple[Series, ...] | None = field(default=(), name="timeseries")
    warnings: str | None = None
    error_message: str | None = None


class Wavefront(AtOnce):
    """A number, or a list of them where the query gives several series."""

    name = "wavefront"

    def secrets(self, order: Order) -> Sequence[SecretName]:  # noqa: ARG002
        """The tokens."""
        return (TOKENS,)

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The query as it is sent."""
        return {"ResolvedWavefrontQuery": _spec(order).query}

    def run(self, order: Order) -> Measuring:
        """Ask for the points around now."""
        answer = decoded_as((yield from fetch(_request(order))), "Wavefront", Answer)
        if answer.error_message:
            raise ProviderError(f"Wavefront refused the query: {answer.error_message}")
        if not answer.timeseries or not all(series.data for series in answer.timeseries):
            return without_data(order, "No TimeSeries found in response from Wavefront")
        now = int(order.now.timestamp())
        points = [min(series.data, key=lambda point: abs(point[0] - now)) for series in answer.timeseries]
        return _reading(points, now, answer.warnings)


def _request(order: Order) -> HTTPRequest:
    """One query for this very second; the points around it are wanted, so series outside of it are, too."""
    spec = _spec(order)
    if not spec.address:
        raise ProviderError("wavefront address is not configured")
    token = secret(order, TOKENS, spec.address)[spec.address]
    address = server(spec.address if "://" in spec.address else f"https://{spec.address}", "wavefront address")
    moment = f"{int(order.now.timestamp())}000"
    values = [("q", spec.query), ("s", moment), ("e", moment), ("g", "s"), ("p", "1"), ("i", "true")]
    return HTTPRequest(
        url=f"{address}/api/v2/chart/api?{query_string(values)}",
        headers=(("Authorization", f"Bearer {token}"), ("Accept", "application/json")),
        timeout=TIMEOUT,
    )


def _reading(points: list[Point], now: int, warnings: str | None) -> Reading:
    values = [value for _, value in points]
    texts = [f"{value:.2f}" for value in values]
    stamps, drifts = [str(int(moment)) for moment, _ in points], [str(int(moment - now)) for moment, _ in points]
    is_one = len(points) == 1
    metadata = {"timestamps": _listed(stamps), "drift": _listed(drifts)}
    metadata |= {"warnings": warnings} if warnings else {}
    return Reading(values[0] if is_one else Floats(values), _listed(texts), metadata)


def _listed(texts: list[str]) -> str:
    """One as it is, several as a list."""
    return texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"


def _spec(order: Order) -> WavefrontMetric:
    spec = order.metric.provider.wavefront
    assert spec is not None
    return spec
