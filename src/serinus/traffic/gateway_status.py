"""What gateways report about a route (``status.parents``)."""

from typing import Any

from serinus.api.workload import Foreign

_TOLD = ("Accepted", "ResolvedRefs")


def in_effect(found: Foreign) -> bool | None:
    """Whether every gateway that serves a route has taken it over as it is.

    None when nobody reports, or not for which generation: then it cannot be told.
    """
    parents = (found.raw.get("status") or {}).get("parents") or []
    reports = [_taken(parent, name, found.metadata.generation) for parent in parents for name in _TOLD]
    if False in reports:
        return False
    return None if not reports or None in reports else True


def _taken(parent: dict[str, Any], name: str, generation: int) -> bool | None:
    conditions = parent.get("conditions") or []
    condition = next((item for item in conditions if item.get("type") == name), None)
    if condition is None or not condition.get("observedGeneration"):
        return None
    return bool(condition["observedGeneration"] >= generation and condition.get("status") == "True")
