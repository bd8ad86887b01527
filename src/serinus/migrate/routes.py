"""From one Ingress to HTTPRoutes.

An HTTPRoute has one list of hosts for all its rules, an Ingress has rules per
host: hosts with equal rules share a route.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from msgspec import Struct

from serinus.api.scalar import Manifest
from serinus.migrate.losses import Losses, kept
from serinus.migrate.wishes import Paths, Wishes, read_wishes

API_VERSION = "gateway.networking.k8s.io/v1"


class MigrationError(Exception):
    """Something is missing; the message says what to give."""


class Canary(Struct, frozen=True):
    """Who takes traffic from a stable Service."""

    service: str
    whole: int = 100
    """The weight that means all traffic."""


class Route(Struct, frozen=True):
    """An HTTPRoute, and whether it leads to a stable Service."""

    manifest: Manifest
    is_weighted: bool


class Context(Struct, frozen=True):
    """What an Ingress alone does not say."""

    parent: Manifest
    canaries: Mapping[str, Canary]
    """By the stable Service."""
    ports: Mapping[str, Mapping[str, int]]
    """Per Service its ports by name."""
    names: Collection[str] = ()
    """The names of all Ingresses: a route beside the first of one must not take another's."""


def routes_of(ingress: Manifest, around: Context, lost: Losses) -> Iterator[Route]:
    """Yield the HTTPRoutes that say what an Ingress says; raises MigrationError."""
    wishes = read_wishes(ingress, lost)
    rules = _Rules(ingress, around, Paths(ingress, wishes, lost), lost)
    meta = ingress["metadata"]
    groups = _grouped(rules.by_host(wishes), wishes)
    for name, (hosts, written) in zip(_names(meta["name"], around.names), groups, strict=False):
        spec: Manifest = {"parentRefs": [around.parent], **({"hostnames": hosts} if hosts else {}), "rules": written}
        manifest = {"apiVersion": API_VERSION, "kind": "HTTPRoute", "metadata": _metadata(meta, name), "spec": spec}
        yield Route(manifest, any(len(rule.get("backendRefs", ())) > 1 for rule in written))
    _lose_certificates(ingress, lost)


def _names(first: str, taken: Collection[str]) -> Iterator[str]:
    """The name of the Ingress, then the same with numbers from 2 on."""
    yield first
    yield from (name for number in count(2) if (name := f"{first}-{number}") not in taken)


def _metadata(meta: Manifest, name: str) -> Manifest:
    parts = {"namespace": meta.get("namespace"), "labels": meta.get("labels")}
    parts["annotations"] = kept(meta.get("annotations") or {})
    return {"name": name, **{key: value for key, value in parts.items() if value}}


def _grouped(by_host: Mapping[str, list[Manifest]], wishes: Wishes) -> list[tuple[list[str], list[Manifest]]]:
    """Put hosts with equal rules together; the one for all other hosts stays alone, and the last."""
    groups: list[tuple[list[str], list[Manifest]]] = []
    for host, rules in by_host.items():
        same = next((hosts for hosts, others in groups if others == rules), None)
        if host and same is not None:
            same.append(host)
        elif host:
            groups.append(([host], rules))
    if groups:
        groups[0][0].extend(name for name in wishes.aliases if name not in groups[0][0])
    return groups + ([([], by_host[""])] if by_host.get("") else [])


def services_of(ingress: Manifest) -> Iterator[str]:
    """The Services whose ports an Ingress names by name: they are needed for the numbers."""
    spec = ingress.get("spec") or {}
    paths = [path for rule in spec.get("rules") or () for path in (rule.get("http") or {}).get("paths") or ()]
    for backend in (*(path.get("backend") for path in paths), spec.get("defaultBackend")):
        service = (backend or {}).get("service") or {}
        if (service.get("port") or {}).get("name"):
            yield service["name"]


class _Rules:
    """Reads the rules of one Ingress."""

    def __init__(self, ingress: Manifest, around: Context, paths: Paths, lost: Losses) -> None:
        self._ingress = ingress
        self._around = around
        self._paths = paths
        self._lost = lost

    def by_host(self, wishes: Wishes) -> dict[str, list[Manifest]]:
        """The rules per host, the empty one meaning all that are not named."""
        spec = self._ingress.get("spec") or {}
        found: dict[str, list[Manifest]] = {}
        for number, rule in enumerate(spec.get("rules") or ()):
            paths = (rule.get("http") or {}).get("paths") or ()
            for place, path in enumerate(paths):
                at = f"spec.rules[{number}].http.paths[{place}]"
                found.setdefault(rule.get("host") or "", []).extend(self._rule(path, at))
        self._add_default(found, spec.get("defaultBackend"))
        if wishes.app_root:
            for rules in found.values():
                rules.insert(0, _redirect(wishes.app_root))
        return found

    def _add_default(self, found: dict[str, list[Manifest]], backend: Manifest | None) -> None:
        """Let a default backend take what no path takes, of each host and of all others."""
        if backend is None:
            return
        found.setdefault("", [])
        rest = {"path": "/", "pathType": "Prefix", "backend": backend}
        for rules in found.values():
            if not any(match["path"] == ROOT for rule in rules for match in rule["matches"]):
                rules.extend(self._rule(rest, "spec.defaultBackend"))

    def _rule(self, path: Manifest, at: str) -> Sequence[Manifest]:
        service = (path.get("backend") or {}).get("service")
        if service is None:
            self._lost.add(self._ingress, f"{at}: the backend is no Service, and HTTPRoutes lead to Services")
            return ()
        match, filters = self._paths.written(path.get("path") or "/", path.get("pathType", ""))
        rule: Manifest = {"matches": [match], **({"filters": filters} if filters else {})}
        return [{**rule, "backendRefs": self._backends(service)}]

    def _backends(self, service: Manifest) -> list[Manifest]:
        name, port = service["name"], self._port(service)
        canary = self._around.canaries.get(name)
        if canary is None:
            return [{"name": name, "port": port}]
        return [
            {"name": name, "port": port, "weight": canary.whole},
            {"name": canary.service, "port": port, "weight": 0},
        ]

    def _port(self, service: Manifest) -> int:
        """A backend's port by number: HTTPRoutes know no names."""
        port: dict[str, Any] = service.get("port") or {}
        if "number" in port:
            return int(port["number"])
        number = self._around.ports.get(service["name"], {}).get(port.get("name", ""))
        if number is None:
            ingress = self._ingress["metadata"]["name"]
            raise MigrationError(
                f"Ingress {ingress!r} names the port {port.get('name')!r} of Service {service['name']!r}, "
                "and an HTTPRoute needs its number: the Service is needed, with a port of that name"
            )
        return number


ROOT = {"type": "PathPrefix", "value": "/"}


def _redirect(to: str) -> Manifest:
    path = {"type": "ReplaceFullPath", "replaceFullPath": to}
    redirect = {"type": "RequestRedirect", "requestRedirect": {"path": path, "statusCode": 302}}
    return {"matches": [{"path": {"type": "Exact", "value": "/"}}], "filters": [redirect]}


def _lose_certificates(ingress: Manifest, lost: Losses) -> None:
    for item in (ingress.get("spec") or {}).get("tls") or ():
        hosts = ", ".join(item.get("hosts") or ()) or "all hosts"
        secret = item.get("secretName", "")
        certificate = f"with certificateRefs to Secret {secret}" if secret else "with a certificate"
        lost.add(ingress, f"spec.tls: {hosts}: the Gateway needs an HTTPS listener {certificate}")
