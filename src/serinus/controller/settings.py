"""What the operator of the controller has chosen."""

from msgspec import Struct, field

from serinus.controller.balancers import RESOURCE
from serinus.controller.resolve import Address
from serinus.plan import Settings


class Budget(Struct, frozen=True):
    """How many Events go to the API: ``qps`` each second on the long run, ``burst`` at once.

    Events tell people; they never slow down the work. What exceeds the budget is counted, logged and not sent.
    """

    qps: float = 5.0
    burst: int = 50


class Election(Struct, frozen=True):
    """Leader election among replicas of the controller; times in seconds."""

    enabled: bool = True
    namespace: str = "argo-rollouts"
    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0


class Listen(Struct, frozen=True):
    """Where metrics and health are served; port 0 takes a free one, None serves nothing."""

    address: str = "0.0.0.0"  # noqa: S104 - probes and scrapers come from other machines
    metrics_port: int | None = 8090
    healthz_port: int | None = 8080


class ControllerSettings(Struct, frozen=True):
    """Everything that ``serinus controller`` can be told."""

    plan: Settings = field(default_factory=Settings)
    routers: dict[str, dict[str, str]] = field(default_factory=dict)
    """What routers are told when they are made: name of the entry point → argument → value."""
    alb_tag: str = RESOURCE
    """The tag that says what an AWS target group stands for."""
    namespace: str = ""
    """The only namespace that is served; empty for all."""
    workers: int = 10
    resync_seconds: float = 900.0
    qps: float = 40.0
    burst: int = 80
    events: Budget = field(default_factory=Budget)
    election: Election = field(default_factory=Election)
    listen: Listen = field(default_factory=Listen)
    hosts: dict[Address, Address] = field(default_factory=dict)
    """Where hosts of metric providers are, instead of where DNS says."""
