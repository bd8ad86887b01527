"""Tables of what can be plugged in, from entry points.

Built-in routers and metric providers register through the same groups as those of third parties. A name that two
packages claim is an error: which of them is meant must not depend on the order of installation.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from serinus.providers.provider import Provider
from serinus.steps import StepPlugin
from serinus.traffic.router import Router

ROUTERS = "serinus.routers"
PROVIDERS = "serinus.providers"
STEPS = "serinus.steps"


class PluginError(Exception):
    """What is installed cannot be used as it is."""


def routers(options: Mapping[str, Mapping[str, str]] | None = None) -> tuple[Router, ...]:
    """All routers that are installed, in the order of their names, made with the options under these names."""
    found, given = _by_name(ROUTERS), options or {}
    return tuple(cast(Router, _load(found[name])(**given.get(name, {}))) for name in sorted(found))


def providers() -> dict[str, Provider]:
    """All metric providers that are installed, by their names."""
    found = _by_name(PROVIDERS)
    return {name: cast(Provider, _load(found[name])()) for name in sorted(found)}


def steps() -> dict[str, StepPlugin]:
    """All step plugins that are installed, by their names."""
    found = _by_name(STEPS)
    return {name: cast(StepPlugin, _load(found[name])()) for name in sorted(found)}


def _by_name(group: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise PluginError(f"{point.name} of {group} is claimed by {other.value} and {point.value}: uninstall one")
        found[point.name] = point
    return found


def _load(point: EntryPoint) -> type:
    try:
        return cast(type, point.load())
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{point.name} of {point.group} ({point.value}) cannot be loaded: {error}") from error
