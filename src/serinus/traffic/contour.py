"""Traffic by the weights of Contour's HTTPProxies.

The HTTPProxies are the user's: in every route or stream that leads to both Services, we set the weights of these
two and nothing else. The fields are those of the plugin that Argo Rollouts users have
(https://github.com/argoproj-labs/rollouts-plugin-trafficrouter-contour), so that their manifests work as they are.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from serinus.api.kinds import Kind
from serinus.api.meta import ApiStruct
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.found import invalid, is_set
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted, services_by_role

PLUGIN = "argoproj-labs/contour"

Entry = dict[str, Any]
Weights = Mapping[str, int]

_PROXY = Kind("projectcontour.io/v1", "HTTPProxy", "httpproxies")


class ContourConfig(ApiStruct, frozen=True, forbid_unknown_fields=True):
    """The configuration under ``trafficRouting.plugins``."""

    http_proxies: tuple[str, ...] = ()
    http_proxy: str = ""
    """One alone, as in the plugin's first versions."""
    namespace: str = ""
    """Where the HTTPProxies are; beside the Rollout when absent."""

    def proxies(self) -> Iterator[tuple[str, str]]:
        """Each name with the field that says it."""
        if self.http_proxy:
            yield ".httpProxy", self.http_proxy
        for index, name in enumerate(self.http_proxies):
            yield f".httpProxies[{index}]", name


class Contour:
    """HTTPProxies of Contour 1."""

    name = PLUGIN
    supports: frozenset[Ability] = frozenset({"maxTrafficWeight"})

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether the plugin of this name is asked for."""
        return PLUGIN in routing.plugins

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The HTTPProxies."""
        return list(_asked(rollout).values())

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A configuration that cannot be read, an HTTPProxy that is missing or leads nowhere to both Services."""
        try:
            config = _config(rollout)
        except msgspec.ValidationError as error:
            return Trouble(f"{error}; the fields are httpProxies, httpProxy and namespace")
        names = [name for _, name in config.proxies()]
        if not names or "" in names:
            return Trouble(".httpProxies: Required value: the names of HTTPProxies, at least one")
        return next(_troubles(rollout, found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The HTTPProxies with the decided weights."""
        if traffic.is_settling:
            return ()
        message = "HTTPProxy `{}` set to desiredWeight '{}'"
        return [
            Wanted(ref, {"spec": _split(traffic, item)}, "UpdatedHTTPProxy", message.format(ref.name, traffic.weight))
            for ref, item in _present(traffic.rollout, found)
        ]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """What Contour reports of the HTTPProxies as they are; no before they say the weights."""
        reports = [_is_valid(item) for _, item in _present(traffic.rollout, found)]
        if not reports or False in reports or not is_set(self.route(traffic, found), found):
            return False
        return None if None in reports else True

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        """Nothing: weights are all that we change, and they end with all on the stable Service."""
        return None


def _split(traffic: Traffic, item: Foreign) -> dict[str, Any]:
    """The parts of an HTTPProxy that lead to both versions, with the decided weights."""
    weights = {traffic.canary_service: traffic.weight, traffic.stable_service: traffic.stable_weight}
    spec: dict[str, Any] = {}
    if any(_leads_to(route, weights) for route in _routes(item)):
        spec["routes"] = [_weighted(route, weights) for route in _routes(item)]
    if _leads_to(_stream(item), weights):
        spec["tcpproxy"] = _weighted(_stream(item), weights)
    return spec


def _weighted(route: Entry, weights: Weights) -> Entry:
    """A route with these weights; one that does not lead to both Services stays as it is."""
    if not _leads_to(route, weights):
        return route
    services = [
        entry | {"weight": weights[entry["name"]]} if _is_of(entry, weights) else entry for entry in _services(route)
    ]
    return route | {"services": services}


def _leads_to(route: Entry, names: Collection[str]) -> bool:
    """Whether a route, or a stream, leads to all of these Services."""
    return {entry["name"] for entry in _services(route) if _is_of(entry, names)} == set(names)


def _is_of(entry: Entry, names: Collection[str]) -> bool:
    """Whether an entry leads to one of these Services: a mirror answers nobody, and its weight is another thing."""
    return entry.get("name") in names and not entry.get("mirror")


def _is_valid(item: Foreign) -> bool | None:
    """Whether Contour has taken an HTTPProxy over as it is; None where it does not report, or of no generation."""
    conditions = (item.raw.get("status") or {}).get("conditions") or []
    valid = next((one for one in conditions if one.get("type") == "Valid"), None)
    if valid is None or not valid.get("observedGeneration"):
        return None
    return bool(valid["observedGeneration"] >= item.metadata.generation and valid.get("status") == "True")


def _troubles(rollout: Rollout, found: Found) -> Iterator[Trouble]:
    canary, stable = services_by_role(rollout)
    for field, ref in _asked(rollout).items():
        item = found.get(ref)
        if item is None:
            text = f'httpproxies.projectcontour.io "{ref.name}" not found in namespace {ref.namespace}'
            yield invalid(field, ref.name, text)
        elif not any(_leads_to(route, {canary, stable}) for route in [*_routes(item), _stream(item)]):
            yield invalid(field, ref.name, f"HTTPProxy `{ref.name}` has no route with services {canary} and {stable}")


def _config(rollout: Rollout) -> ContourConfig:
    """The configuration as values; raise ``msgspec.ValidationError`` where it is none."""
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return msgspec.convert((routing.plugins if routing else {}).get(PLUGIN) or {}, ContourConfig)


def _asked(rollout: Rollout) -> dict[str, Ref]:
    """The HTTPProxies by the field that names each; none where the configuration cannot be read."""
    try:
        config = _config(rollout)
    except msgspec.ValidationError:
        return {}
    namespace = config.namespace or rollout.metadata.namespace
    return {field: Ref(_PROXY, namespace, name) for field, name in config.proxies() if name}


def _present(rollout: Rollout, found: Found) -> Iterator[tuple[Ref, Foreign]]:
    for ref in dict.fromkeys(_asked(rollout).values()):
        if item := found.get(ref):
            yield ref, item


def _services(route: Entry) -> list[Entry]:
    return route.get("services") or []


def _routes(item: Foreign) -> list[Entry]:
    return (item.raw.get("spec") or {}).get("routes") or []


def _stream(item: Foreign) -> Entry:
    """What is split between Services byte by byte: the same list, in a field of its own."""
    return (item.raw.get("spec") or {}).get("tcpproxy") or {}
