"""Read one Ingress: what it claims, or why it cannot be served."""

import re

from msgspec import Struct

from serinus.local.gateways.addresses import Addresses
from serinus.local.gateways.nginx.canary import is_canary, read_canary
from serinus.local.gateways.nginx.text import UnservableError, printable
from serinus.local.gateways.objects import BackendService, Ingress, IngressBackend, IngressPath, IngressRule
from serinus.local.gateways.routing import Backend, Canary

HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class Place(Struct, frozen=True):
    """What can be claimed: a path of a host, exactly or with all below it."""

    host: str
    path: str = ""
    exact: bool = False

    def __str__(self) -> str:
        """The place as users write it."""
        return f"{self.host or '*'}{self.path or '/'}"


ANYTHING = Place("")
"""All that no rule names."""


class Claim(Struct, frozen=True):
    """A place, and the backend that shall serve it."""

    place: Place
    backend: Backend


class Reading(Struct, frozen=True):
    """What one Ingress says. With a canary rule, its claims are splits."""

    owner: str
    hosts: tuple[str, ...]
    claims: tuple[Claim, ...]
    default: Backend | None = None
    rule: Canary | None = None


def read_ingress(ingress: Ingress, addresses: Addresses) -> Reading:
    """Check and read an Ingress; raises UnservableError naming the first bad field."""
    _require(NAME, ingress.metadata.name, "metadata.name")
    _require(NAME, ingress.metadata.namespace, "metadata.namespace")
    rules = ingress.spec.rules or ()
    annotations = ingress.metadata.annotations
    default = ingress.spec.default_backend
    namespace = ingress.metadata.namespace
    return Reading(
        owner=ingress.key,
        hosts=tuple(_host(rule, f"spec.rules[{number}]") for number, rule in enumerate(rules)),
        claims=tuple(
            Claim(
                _place(rule.host, path, where := f"spec.rules[{number}].http.paths[{position}]"),
                _backend(path.backend, namespace, addresses, where),
            )
            for number, rule in enumerate(rules)
            for position, path in enumerate(rule.http.paths if rule.http else ())
        ),
        default=_backend(default, namespace, addresses, "spec.defaultBackend") if default else None,
        rule=read_canary(annotations) if is_canary(annotations) else None,
    )


def _host(rule: IngressRule, where: str) -> str:
    if rule.host:
        _require(HOST, rule.host, f"{where}.host")
    return rule.host


def _place(host: str, path: IngressPath, where: str) -> Place:
    """Normalise a path: a prefix loses its last slash, as Kubernetes says."""
    text = printable(path.path, f"{where}.path") or "/"
    if not text.startswith("/"):
        raise UnservableError(f"{where}.path: {text[:40]!r} does not start with '/'")
    if path.path_type == "Exact":
        return Place(host, text, exact=True)
    return Place(host, text.rstrip("/"))


def _backend(backend: IngressBackend, namespace: str, addresses: Addresses, where: str) -> Backend:
    service = backend.service
    if service is None:
        raise UnservableError(f"{where}: only Services are served as backends")
    _require(NAME, service.name, f"{where}.service.name")
    _require(NAME, str(service.port), f"{where}.service.port")
    return _resolve(service, namespace, addresses)


def _resolve(service: BackendService, namespace: str, addresses: Addresses) -> Backend:
    ready = addresses.of(namespace, service.name, service.port)
    return Backend(namespace, service.name, str(service.port), ready)


def _require(form: re.Pattern[str], text: str, where: str) -> None:
    if len(text) > 253 or not form.fullmatch(text):
        raise UnservableError(f"{where}: {text[:40]!r} is not a valid name")
