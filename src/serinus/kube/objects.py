"""Kubernetes objects when nothing is known of their kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

import msgspec


class OwnerReference(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who owns an object; the garbage collector follows it."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    block_owner_deletion: bool = False


class ObjectMeta(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The part of ``metadata`` that a decision may read.

    ``managedFields`` is no field here on purpose: it is often half of an
    object's bytes, and decoding skips it.
    """

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    owner_references: list[OwnerReference] = []
    finalizers: list[str] = []


class Named(Protocol):
    """The part of ``metadata`` that a store needs."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def resource_version(self) -> str: ...


class Storable(Protocol):
    """Whatever a store can hold."""

    @property
    def metadata(self) -> Named: ...


class Object(msgspec.Struct, frozen=True):
    """Any object: its metadata as a struct, the whole as it came."""

    metadata: ObjectMeta
    raw: dict[str, Any]


_dictionary = msgspec.json.Decoder(dict[str, Any])


def decode_object(data: bytes) -> Object:
    """Read any object, without its managedFields.

    Raises `msgspec.DecodeError` when it is no JSON object with metadata.
    """
    raw = _dictionary.decode(data)
    metadata = raw.get("metadata")
    if not isinstance(metadata, dict):
        raise msgspec.ValidationError("the object has no metadata")
    metadata.pop("managedFields", None)
    return Object(msgspec.convert(metadata, ObjectMeta), raw)
