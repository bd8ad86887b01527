"""From Rollouts with nginx Ingresses to Rollouts with HTTPRoutes."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from serinus.api.rollout import Rollout
from serinus.api.routing import NginxRouting
from serinus.api.scalar import Manifest
from serinus.migrate.losses import Losses
from serinus.migrate.routes import Canary, Context, MigrationError, Route, routes_of
from serinus.migrate.shape import Ingress, Service, misshapen

PLUGIN = "argoproj-labs/gatewayAPI"
OF_THE_API = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
OF_TOOLS = ("kubectl.kubernetes.io/last-applied-configuration", "rollout.argoproj.io/revision")


class Parent(Struct, frozen=True):
    """The Gateway that serves the routes, and the one of its listeners."""

    name: str
    namespace: str = ""
    listener: str = ""

    @property
    def reference(self) -> Manifest:
        """The reference as routes have it."""
        parts = {"name": self.name, "namespace": self.namespace, "sectionName": self.listener}
        return {key: value for key, value in parts.items() if value}


class Source(Struct, frozen=True):
    """What is there: the Rollouts that shall change, and objects that they need."""

    rollouts: Sequence[Manifest]
    ingresses: Sequence[Manifest] = ()
    services: Sequence[Manifest] = ()


class Migration(Struct, frozen=True):
    """What to apply, and what is not in it."""

    manifests: tuple[Manifest, ...]
    losses: tuple[str, ...]


def migrate(source: Source, parent: Parent, *, keep_nginx: bool = False) -> Migration:
    """Write the HTTPRoutes and the changed Rollouts; raises MigrationError where something is missing.

    With `keep_nginx` the Rollouts keep both routers, which get the same weight: so
    clients can move from one door to the other while updates go on.
    """
    _check(source)
    parts = [_migrated(part, parent, keep_nginx=keep_nginx) for part in _by_namespace(source)]
    manifests = (manifest for part in parts for manifest in part.manifests)
    return Migration(tuple(manifests), tuple(line for part in parts for line in part.losses))


def _by_namespace(source: Source) -> Iterator[Source]:
    """What is there of each namespace; what names none may be of any."""
    for namespace in dict.fromkeys(map(_namespace, source.rollouts)):
        rollouts = [one for one in source.rollouts if _namespace(one) == namespace]
        yield Source(rollouts, _of(namespace, source.ingresses), _of(namespace, source.services))


def _of(namespace: str, manifests: Iterable[Manifest]) -> list[Manifest]:
    """Those of a namespace, behind those that may be of it: of two with one name the last counts."""
    found = [one for one in manifests if not namespace or _namespace(one) in {namespace, ""}]
    return sorted(found, key=lambda one: _namespace(one) == namespace)


def _namespace(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("namespace") or "")


def _migrated(source: Source, parent: Parent, *, keep_nginx: bool) -> Migration:
    lost = Losses()
    ingresses = {ingress["metadata"]["name"]: ingress for ingress in source.ingresses}
    around = Context(parent.reference, dict(_canaries(source)), _ports(source.services), tuple(ingresses))
    routes: dict[str, list[Route]] = {}
    changed = []
    for rollout in source.rollouts:
        names = stable_ingresses(rollout)
        for name in names:
            if name not in ingresses:
                raise MigrationError(f"the Ingress {name!r} of Rollout {_name(rollout)!r} is missing")
            if name not in routes:
                routes[name] = list(routes_of(ingresses[name], around, lost))
        weighted = [route.manifest["metadata"]["name"] for name in names for route in routes[name] if route.is_weighted]
        _require(weighted, rollout)
        _lose_annotations(rollout, lost)
        changed.append(_changed(rollout, weighted, keep_nginx=keep_nginx))
    written = [route.manifest for several in routes.values() for route in several]
    return Migration((*written, *changed), tuple(lost.lines))


def _check(source: Source) -> None:
    """Refuse what would lead to nothing, or to nonsense."""
    for rollout in source.rollouts:
        if not stable_ingresses(rollout):
            raise MigrationError(
                f"Rollout {_name(rollout)!r} does not use nginx: trafficRouting.nginx names no Ingress"
            )
    shapes: list[tuple[Manifest, type[Ingress | Service]]] = [
        *((one, Ingress) for one in source.ingresses),
        *((one, Service) for one in source.services),
    ]
    for manifest, shape in shapes:
        if trouble := misshapen(manifest, shape):
            raise MigrationError(f"{shape.__name__} {_name(manifest)!r} cannot be read: {trouble}")


def _canaries(source: Source) -> Iterator[tuple[str, Canary]]:
    for rollout in source.rollouts:
        canary = _read(rollout).spec.strategy.canary
        if canary is None or not canary.stable_service or not canary.canary_service:
            raise MigrationError(f"Rollout {_name(rollout)!r} has no canaryService and stableService")
        yield canary.stable_service, Canary(canary.canary_service, canary.max_weight)


def _ports(services: Iterable[Manifest]) -> dict[str, dict[str, int]]:
    return {
        service["metadata"]["name"]: {
            port.get("name", ""): port["port"] for port in (service.get("spec") or {}).get("ports") or ()
        }
        for service in services
    }


def stable_ingresses(rollout: Manifest) -> tuple[str, ...]:
    """The names of a Rollout's Ingresses, none where it does not use nginx; raises MigrationError."""
    return _nginx(rollout).ingresses


def _nginx(rollout: Manifest) -> NginxRouting:
    canary = _read(rollout).spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return (routing.nginx if routing else None) or NginxRouting()


def _require(weighted: list[str], rollout: Manifest) -> None:
    if not weighted:
        canary = _read(rollout).spec.strategy.canary
        service = canary.stable_service if canary else ""
        raise MigrationError(f"no Ingress of Rollout {_name(rollout)!r} leads to its stable Service {service!r}")


def _lose_annotations(rollout: Manifest, lost: Losses) -> None:
    """What the canary Ingress alone had."""
    nginx = _nginx(rollout)
    for field, annotations in (
        ("additionalIngressAnnotations", nginx.additional_ingress_annotations),
        ("canaryIngressAnnotations", nginx.canary_ingress_annotations),
    ):
        for name, value in sorted(annotations.items()):
            hint = "let people in by a setHeaderRoute step" if "canary-by" in name else "routes have no such annotation"
            lost.add(rollout, f"trafficRouting.nginx.{field}: {name}: {value!r}: {hint}")


def _changed(rollout: Manifest, routes: Sequence[str], *, keep_nginx: bool) -> Manifest:
    """Write the Rollout as a user would apply it, with the other router."""
    fresh: Manifest = copy.deepcopy(rollout)
    fresh.pop("status", None)
    meta = fresh["metadata"] = {key: value for key, value in fresh["metadata"].items() if key not in OF_THE_API}
    if "annotations" in meta:
        left = {name: value for name, value in meta["annotations"].items() if name not in OF_TOOLS}
        meta["annotations"] = left
        if not left:
            del meta["annotations"]
    routing = fresh["spec"]["strategy"]["canary"]["trafficRouting"]
    if not keep_nginx:
        del routing["nginx"]
    routing["plugins"] = {**(routing.get("plugins") or {}), PLUGIN: _config(meta, routes)}
    return fresh


def _config(meta: Manifest, routes: Sequence[str]) -> dict[str, Any]:
    config: dict[str, Any] = {"httpRoutes": [{"name": name} for name in dict.fromkeys(routes)]}
    return {"namespace": meta["namespace"], **config} if meta.get("namespace") else config


def _read(rollout: Manifest) -> Rollout:
    try:
        return msgspec.convert(rollout, Rollout)
    except msgspec.ValidationError as error:
        raise MigrationError(f"Rollout {_name(rollout)!r} cannot be read: {error}") from None


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])
