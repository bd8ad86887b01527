"""The weighted rules of a route: which they are, and their weights."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct

from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign
from serinus.traffic.router import Traffic, services_by_role

Rule = dict[str, Any]
Backend = dict[str, Any]


class Roles(Struct, frozen=True):
    """The Services whose backends are weighted."""

    canary: str
    stable: str

    def are_in(self, rule: Rule) -> bool:
        """Whether a rule leads to both versions."""
        return backend(rule, self.canary) is not None and backend(rule, self.stable) is not None


def roles_of(rollout: Rollout) -> Roles:
    """The Services of the two versions: those that swap, where there are such."""
    return Roles(*services_by_role(rollout, ping_pong_first=True))


def rules_of(found: Foreign) -> list[Rule]:
    """The rules of a route."""
    return (found.raw.get("spec") or {}).get("rules") or []


def weighted_rules(rules: Iterable[Rule], roles: Roles, rule_name: str) -> list[Rule]:
    """The rules whose weights are ours to set."""
    return [rule for rule in rules if roles.are_in(rule) and rule_name in {"", rule.get("name")}]


def backend(rule: Rule, service: str) -> Backend | None:
    """The backend of a rule that is a Service of this name."""
    return next((item for item in _backends(rule) if is_service(item, service)), None)


def is_service(item: Backend, service: str) -> bool:
    """Whether a backend is a Service of this name; other kinds may have the same."""
    return item.get("name") == service and item.get("kind", "Service") == "Service" and not item.get("group")


def split(rule: Rule, traffic: Traffic) -> Rule:
    """A weighted rule with the decided weights; backends of nobody's business stay as they are."""
    roles = roles_of(traffic.rollout)
    extras = {item.service: item.weight for item in traffic.additional}
    weights = {roles.canary: traffic.weight, roles.stable: traffic.stable_weight} | extras
    present = [_weighted(item, weights) for item in _backends(rule)]
    pattern = backend(rule, roles.canary) or {}
    missing = [name for name in extras if not any(is_service(item, name) for item in present)]
    added = [_plain(pattern) | {"name": name, "weight": extras[name]} for name in missing]
    return rule | {"backendRefs": [*present, *added]}


def without_backends(rule: Rule, services: Collection[str]) -> Rule:
    """A rule that leads to none of these Services."""
    if not services:
        return rule
    kept = [item for item in _backends(rule) if not any(is_service(item, name) for name in services)]
    return rule | {"backendRefs": kept}


def has_weights(rule: Rule, traffic: Traffic) -> bool:
    """Whether a rule splits as it was decided."""
    roles = roles_of(traffic.rollout)
    expected = {roles.canary: traffic.weight, roles.stable: traffic.stable_weight}
    expected |= {item.service: item.weight for item in traffic.additional}
    return all((backend(rule, name) or {}).get("weight", 1) == weight for name, weight in expected.items())


def _weighted(item: Backend, weights: Mapping[str, int]) -> Backend:
    for name, weight in weights.items():
        if is_service(item, name):
            return item | {"weight": weight}
    return item


def _plain(item: Backend) -> Backend:
    return {key: value for key, value in item.items() if key != "filters"}


def _backends(rule: Rule) -> list[Backend]:
    return rule.get("backendRefs") or []
