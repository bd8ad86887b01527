"""The protocol of metric providers, and the values that they exchange with the shell."""

from collections.abc import Generator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from msgspec import Struct, field

from serinus.api.analysis import AnalysisRun, Measurement, Metric
from serinus.providers.request import (
    AwsSigning,
    ClusterReply,
    ClusterRequest,
    HTTPRequest,
    HTTPResponse,
    Reply,
    Request,
)
from serinus.providers.settings import ProviderSettings

__all__ = [
    "AtOnce",
    "AwsSigning",
    "ClusterReply",
    "ClusterRequest",
    "Collecting",
    "HTTPRequest",
    "HTTPResponse",
    "Later",
    "Measuring",
    "Order",
    "Outcome",
    "Provider",
    "ProviderError",
    "ProviderSettings",
    "Reading",
    "Reply",
    "Request",
    "SecretName",
    "Verdict",
    "ask",
    "fetch",
]


class ProviderError(Exception):
    """There is no result, and why; the text becomes the message of an Error measurement.

    The shell throws it into a generator, too, where a reply did not come: a time-out, a refused connection.
    """


class Reading(Struct, frozen=True):
    """A result, to be judged by the metric's conditions."""

    result: Any
    """What conditions see: plain JSON data, or ``expr.Floats``; None where there is no data."""
    value: str
    """The result as text, for the status."""
    metadata: dict[str, str] = field(default_factory=dict)
    """What else is worth keeping of this measurement, such as warnings."""


class Verdict(Struct, frozen=True):
    """The provider has judged by itself."""

    phase: Literal["Successful", "Failed", "Inconclusive", "Error"]
    message: str = ""
    value: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


class Later(Struct, frozen=True):
    """The measurement still runs; the metadata is what ``resume`` and ``terminate`` need."""

    resume_at: datetime
    metadata: dict[str, str] = field(default_factory=dict)
    message: str = ""


Outcome = Reading | Verdict | Later
Measuring = Generator[Request, Reply, Outcome]
Collecting = Generator[Request, Reply, None]


class SecretName(NamedTuple):
    """Which Secret is meant."""

    namespace: str
    """Empty for the controller's own namespace."""
    name: str


class Order(Struct, frozen=True, kw_only=True):
    """One measurement to take."""

    metric: Metric
    """With all arguments filled in."""
    run: AnalysisRun
    number: int
    """Which measurement of the metric it is: 1 for the first; errors count too."""
    now: datetime
    measurement: Measurement | None = None
    """The one to resume or to terminate."""
    secrets: Mapping[SecretName, Mapping[str, str]] = field(default_factory=dict)
    """Those that the provider named, decoded."""
    settings: ProviderSettings = field(default_factory=ProviderSettings)
    keep: int = 10
    """How many measurements stay when garbage is collected."""

    def __repr__(self) -> str:
        """Which measurement it is: what it holds may be secret."""
        return f"Order({self.run.metadata.namespace}/{self.run.name} {self.metric.name} #{self.number})"


class Provider(Protocol):
    """How one source of metrics is asked.

    Methods are pure: everything comes in by the order and by replies. A generator yields one request at a time and is
    sent its reply, whatever the status; it returns the outcome, or raises ProviderError.
    """

    @property
    def name(self) -> str:
        """The key in ``spec.metrics[].provider``, or below its ``plugin``."""

    def secrets(self, order: Order) -> Sequence[SecretName]:
        """The Secrets that it needs; one that is missing is an error before ``run``."""

    def metadata(self, order: Order) -> Mapping[str, str]:
        """What the metric's result keeps from the start, such as the query that is sent."""

    def run(self, order: Order) -> Measuring:
        """Take a measurement, or begin one."""

    def resume(self, order: Order) -> Measuring:
        """Look again at a measurement that answered ``Later``."""

    def terminate(self, order: Order) -> Measuring:
        """End a measurement that answered ``Later``."""

    def collect(self, order: Order) -> Collecting:
        """Remove what measurements that are no longer kept have left behind."""


class AtOnce:
    """The plain answers of providers whose ``run`` is the whole measurement."""

    def secrets(self, order: Order) -> Sequence[SecretName]:  # noqa: ARG002
        """None."""
        return ()

    def metadata(self, order: Order) -> Mapping[str, str]:  # noqa: ARG002
        """Nothing."""
        return {}

    def run(self, order: Order) -> Measuring:
        """Take the measurement."""
        raise NotImplementedError

    def resume(self, order: Order) -> Measuring:
        """Take it anew: a measurement that was cut off has left nothing."""
        return self.run(order)

    def terminate(self, order: Order) -> Measuring:  # noqa: ARG002
        """Nothing runs, and nothing was measured."""
        yield from ()
        return Verdict("Inconclusive", "ended before it was measured")

    def collect(self, order: Order) -> Collecting:  # noqa: ARG002
        """Nothing is left behind."""
        yield from ()


def fetch(request: HTTPRequest) -> Generator[Request, Reply, HTTPResponse]:
    """Ask over HTTP: a generator uses it with ``yield from``."""
    reply = yield request
    assert isinstance(reply, HTTPResponse)
    return reply


def ask(request: ClusterRequest) -> Generator[Request, Reply, ClusterReply]:
    """Ask the cluster: a generator uses it with ``yield from``."""
    reply = yield request
    assert isinstance(reply, ClusterReply)
    return reply
