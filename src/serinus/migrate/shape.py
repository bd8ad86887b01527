"""How objects must look that come from files, where no API has checked them."""

from typing import Any

import msgspec

from serinus.api.meta import ApiStruct, ObjectMeta
from serinus.api.scalar import Manifest


class _Port(ApiStruct, frozen=True):
    name: str = ""
    number: int = 0


class _Service(ApiStruct, frozen=True):
    name: str
    port: _Port = _Port()


class _Backend(ApiStruct, frozen=True):
    service: _Service | None = None
    resource: dict[str, Any] | None = None


class _Path(ApiStruct, frozen=True):
    backend: _Backend
    path: str = ""
    path_type: str = ""


class _HTTP(ApiStruct, frozen=True):
    paths: tuple[_Path, ...] | None = ()


class _Rule(ApiStruct, frozen=True):
    host: str = ""
    http: _HTTP | None = None


class _TLS(ApiStruct, frozen=True):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class _IngressSpec(ApiStruct, frozen=True):
    default_backend: _Backend | None = None
    rules: tuple[_Rule, ...] | None = ()
    tls: tuple[_TLS, ...] | None = ()


class Ingress(ApiStruct, frozen=True):
    """An Ingress (networking.k8s.io/v1)."""

    metadata: ObjectMeta
    spec: _IngressSpec = _IngressSpec()


class _ServicePort(ApiStruct, frozen=True):
    port: int
    name: str = ""


class _ServiceSpec(ApiStruct, frozen=True):
    ports: tuple[_ServicePort, ...] | None = ()


class Service(ApiStruct, frozen=True):
    """A Service (core/v1)."""

    metadata: ObjectMeta
    spec: _ServiceSpec = _ServiceSpec()


def misshapen(manifest: Manifest, shape: type[Ingress | Service]) -> str:
    """Say where an object is not what its kind is; nothing where it is."""
    try:
        msgspec.convert(manifest, shape)
    except msgspec.ValidationError as error:
        return str(error)
    return ""
