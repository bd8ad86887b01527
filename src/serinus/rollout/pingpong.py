"""Two Services that swap the roles of stable and canary with each promotion.

The one that has proved itself keeps its pods; so no Service has to be turned while it carries traffic. At a promotion
the weights move to it, and the other one is turned when the drain time has passed since.
"""

from msgspec.structs import replace

from serinus.api.rollout import Rollout
from serinus.rollout.target import canary_of
from serinus.traffic.router import services_by_role


def stable_name(rollout: Rollout, stable_hash: str) -> str:
    """Which of the two is stable after a decision, as the status says it: ``ping``, ``pong`` or nothing.

    ``stable_hash`` is the version that is stable then.
    """
    present = rollout.status.canary.stable_ping_pong
    if canary_of(rollout).ping_pong is None or stable_hash == rollout.status.stable_rs:
        return present
    return "pong" if present == "ping" else "ping"


def has_fixed_roles(rollout: Rollout) -> bool:
    """Whether there are Services of fixed roles, which are turned at a promotion."""
    canary = canary_of(rollout)
    return canary.ping_pong is None or bool(canary.canary_service or canary.stable_service)


def roles_of(rollout: Rollout) -> tuple[tuple[str, str], ...]:
    """The Services of canary and stable, in pairs: those of fixed roles, and those that swap."""
    pairs = (services_by_role(rollout), services_by_role(rollout, ping_pong_first=True))
    return tuple(dict.fromkeys(pairs))


def after(rollout: Rollout, stable_hash: str) -> Rollout:
    """The Rollout as it is after a decision, as far as roles of Services go."""
    canary = replace(rollout.status.canary, stable_ping_pong=stable_name(rollout, stable_hash))
    return replace(rollout, status=replace(rollout.status, canary=canary))
