"""The protocol of routers, and the value that they translate."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

from msgspec import Struct

from serinus.api.canary import HeaderRouteStep, MirrorRouteStep
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Answer, Ask, Ref


class Destination(Struct, frozen=True):
    """A version beside stable and canary that gets traffic, as those of an experiment."""

    weight: int
    service: str
    hash: str


class Traffic(Struct, frozen=True):
    """How traffic should be split, decided once for all routers.

    ``over`` says that the update is complete or aborted: nothing of it should be left, unless ``cleanup`` is ``zero``.
    Header and mirror routes are those in force at this step, in the order of ``managedRoutes``.
    ``is_settling`` says that what was just moved may not be in effect everywhere: weights stay as they are found, and
    only the versions behind names may change.
    """

    rollout: Rollout
    weight: int
    max_weight: int = 100
    over: bool = False
    cleanup: Literal["delete", "zero"] = "delete"
    canary_hash: str = ""
    stable_hash: str = ""
    additional: tuple[Destination, ...] = ()
    header_routes: tuple[HeaderRouteStep, ...] = ()
    mirror_routes: tuple[MirrorRouteStep, ...] = ()
    serving: frozenset[str] = frozenset()
    """The hashes of versions of which some pods serve."""
    whole: frozenset[str] = frozenset()
    """The hashes of versions of which all pods serve."""
    is_settling: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the new version has become the stable one."""
        return self.over and self.canary_hash == self.stable_hash

    @property
    def namespace(self) -> str:
        """Where the Rollout and what it routes live."""
        return self.rollout.metadata.namespace

    @property
    def stable_weight(self) -> int:
        """What is left for the stable version."""
        return self.max_weight - self.weight - sum(item.weight for item in self.additional)

    @property
    def canary_service(self) -> str:
        """The Service of the new version, of a fixed role where there is one."""
        return services_by_role(self.rollout)[0]

    @property
    def stable_service(self) -> str:
        """The Service of the version that has proved itself, of a fixed role where there is one."""
        return services_by_role(self.rollout)[1]


def services_by_role(rollout: Rollout, *, ping_pong_first: bool = False) -> tuple[str, str]:
    """The Services of canary and stable; with ping-pong, the roles swap at each promotion.

    A Rollout may have both, those of fixed roles and those that swap: an ALB and the Gateway API take those that swap,
    the other layers the fixed ones (as in Argo Rollouts).
    """
    canary = rollout.spec.strategy.canary
    if canary is None:
        return "", ""
    is_fixed = bool(canary.canary_service or canary.stable_service) and not ping_pong_first
    if canary.ping_pong is None or is_fixed:
        return canary.canary_service, canary.stable_service
    ping, pong = canary.ping_pong.ping_service, canary.ping_pong.pong_service
    # A status that names neither counts as pong: the first promotion makes ping the stable one.
    return (pong, ping) if rollout.status.canary.stable_ping_pong == "ping" else (ping, pong)


Found = Mapping[Ref, Foreign]


class Wanted(Struct, frozen=True):
    """An object as it should be; for a foreign one, only the fields that are ours.

    Merged into what is found: a field that is not named here survives, one that is None goes.
    """

    ref: Ref
    manifest: Manifest
    event: str
    """The reason of the event that tells of the change."""
    message: str = ""
    """What the event says."""


class Trouble(str):
    """What keeps a layer from splitting traffic, with the reason of the event that tells of it.

    A text that begins with a dot names the field below the layer's own: ``.virtualService.name: Invalid value: …``.
    """

    reason: str

    def __new__(cls, text: str, reason: str = "TrafficRoutingError") -> "Trouble":
        """Say ``text``; the reason is one word in CamelCase."""
        self = super().__new__(cls, text)
        self.reason = reason
        return self


Ability = Literal["setHeaderRoute", "setMirrorRoute", "experiment", "pingPong", "maxTrafficWeight"]
"""What a layer may be able to do besides weights: steps, weights of experiments, and fields of the strategy."""


class Router(Protocol):
    """How one traffic layer says "20 % to the canary".

    ``route`` is a pure function: the same traffic and objects give the same answer, and once the answer is applied
    it gives it again, so that nothing more is written. What a router creates is controlled by the Rollout: an object
    that the Rollout controls and no router wants is deleted.
    """

    name: str
    """What people call it; of a plugin, the name under ``trafficRouting.plugins``."""
    supports: frozenset[Ability]
    """What it can do; a Rollout that asks for more is told so."""

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether the Rollout asks for this layer."""
        ...

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The objects that must be seen before ``route`` can answer."""
        ...

    def problem(self, rollout: Rollout, found: Found) -> str:
        """What keeps the layer from splitting traffic, for the user to mend; empty when nothing does."""
        ...

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The objects as they should be."""
        ...

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """Whether the split is in effect; None when the layer cannot tell."""
        ...

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:
        """An object without what the layer has left in it for Rollouts that do not use it any more.

        ``users`` are those that name it still; None when nothing of ours is to be taken out.
        """
        ...


@runtime_checkable
class Verifier(Protocol):
    """A router whose objects cannot tell whether a split is in effect, and that knows whom to ask."""

    def asks(self, traffic: Traffic, found: Found) -> Sequence[Ask]:
        """The questions."""
        ...

    def answered(self, traffic: Traffic, found: Found, answers: Mapping[Ask, Answer]) -> bool:
        """Whether the answers say that the split is in effect."""
        ...
