"""How ingress-nginx reads an Ingress: the part that splits traffic by weight."""

from collections.abc import Iterator

from msgspec import Struct

from serinus.api import keys
from serinus.api.kinds import SERVICE
from serinus.api.scalar import Manifest
from serinus.plan import Ref

_PREFIX = "nginx.ingress.kubernetes.io"
_CLASS = "nginx"


class Route(Struct, frozen=True):
    """Where requests to a host and a path go."""

    host: str
    path: str
    service: Ref
    is_canary: bool = False
    weight: int = 0
    total: int = 100


def routes_of(ref: Ref, ingress: Manifest) -> tuple[Route, ...]:
    """The routes of an Ingress; none when it is of another class."""
    annotations = ingress["metadata"].get("annotations") or {}
    spec = ingress.get("spec", {})
    if (annotations.get(keys.INGRESS_CLASS) or spec.get("ingressClassName")) != _CLASS:
        return ()
    return tuple(_routes(ref, ingress, annotations))


def _routes(ref: Ref, ingress: Manifest, annotations: dict[str, str]) -> Iterator[Route]:
    for rule in ingress.get("spec", {}).get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            if service := (path.get("backend") or {}).get("service"):
                yield Route(
                    host=rule.get("host", ""),
                    path=path.get("path", "/"),
                    service=Ref(SERVICE, ref.namespace, service["name"]),
                    is_canary=annotations.get(f"{_PREFIX}/canary") == "true",
                    weight=int(annotations.get(f"{_PREFIX}/canary-weight", "0")),
                    total=int(annotations.get(f"{_PREFIX}/canary-weight-total", "100")),
                )
