"""The texts of ALB annotations: forward actions, conditions, and the list of those that are ours."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from serinus.api.canary import HeaderRouteStep
from serinus.api.rollout import Rollout
from serinus.api.routing import AlbRouting
from serinus.traffic.router import Traffic, services_by_role

MANAGED = "rollouts.argoproj.io/managed-alb-annotations"
"""On an Ingress: which annotations belong to which Rollout (``{"web":["…/actions.web"]}``)."""


def roles(rollout: Rollout) -> tuple[str, str]:
    """The Services of canary and stable: those that swap, where there are such."""
    return services_by_role(rollout, ping_pong_first=True)


def split(traffic: Traffic, spec: AlbRouting) -> str:
    """The action that splits traffic: canary, then those of an experiment, then stable."""
    canary, stable = roles(traffic.rollout)
    extras = [(item.service, item.weight) for item in traffic.additional]
    return _action([(canary, traffic.weight), *extras, (stable, traffic.stable_weight)], spec)


def only(service: str, spec: AlbRouting) -> str:
    """The action that gives everything to one Service."""
    return _action([(service, 100)], spec)


def condition(step: HeaderRouteStep) -> str:
    """The conditions of a header route: every header must have one of its values."""
    values: dict[str, list[str]] = {}
    for match in step.match:
        values.setdefault(match.header_name, []).append(match.header_value.exact or "")
    conditions = [
        {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": name, "values": texts}}
        for name, texts in values.items()
    ]
    return msgspec.json.encode(conditions).decode()


def managed(annotations: Mapping[str, str]) -> dict[str, list[str]]:
    """Which annotations belong to which Rollout; nothing where the list is unreadable."""
    try:
        return msgspec.json.decode(annotations.get(MANAGED, "{}"), type=dict[str, list[str]])
    except msgspec.MsgspecError:
        return {}


def managed_text(lists: Mapping[str, Sequence[str]]) -> str | None:
    """The list as it is written; None when it is empty."""
    return msgspec.json.encode(lists, order="sorted").decode() if lists else None


def header_routes(keys: Iterable[str]) -> list[str]:
    """The header routes among annotations: those that have a condition."""
    return [key.partition("/conditions.")[2] for key in keys if "/conditions." in key]


def given_back(annotations: Mapping[str, str], keys: Sequence[str]) -> dict[str, str | None]:
    """What becomes of annotations whose Rollout is gone: the stable Service gets all, header routes go."""
    routes = header_routes(keys)
    changed: dict[str, str | None] = {}
    for key in keys:
        is_route = any(key.endswith((f"/actions.{name}", f"/conditions.{name}")) for name in routes)
        changed[key] = None if is_route else _stable_only(annotations.get(key))
    return changed


def _stable_only(text: str | None) -> str | None:
    try:
        action = msgspec.json.decode(text or "", type=dict[str, Any])
        groups = action["ForwardConfig"]["TargetGroups"]
        action["ForwardConfig"]["TargetGroups"] = [groups[-1] | {"Weight": 100}]
    except (msgspec.MsgspecError, LookupError, TypeError):
        return text
    return msgspec.json.encode(action).decode()


def _action(weights: Sequence[tuple[str, int]], spec: AlbRouting) -> str:
    groups = [
        {"ServiceName": service, "ServicePort": str(spec.service_port), "Weight": weight} for service, weight in weights
    ]
    config: dict[str, Any] = {"TargetGroups": groups}
    sticky = spec.stickiness_config
    if sticky is not None and sticky.enabled:
        config["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": sticky.duration_seconds}
    return msgspec.json.encode({"Type": "forward", "ForwardConfig": config}).decode()
