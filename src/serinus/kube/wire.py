"""What lists and watches look like in bytes, split without decoding twice."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from serinus.kube.errors import Status

PAGE_SIZE = 500
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
METADATA_EVENT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"


class _PageMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct, rename="camel"):
    """One page of a list; the items are still bytes."""

    metadata: _PageMeta
    api_version: str = ""
    kind: str = ""
    items: list[msgspec.Raw] | None = None

    def objects(self) -> Iterator[bytes]:
        """The items, each with apiVersion and kind as a watch would give it.

        The API leaves both out of the items of its built-in lists.
        """
        stamp = msgspec.json.encode({"kind": self.kind.removesuffix("List"), "apiVersion": self.api_version})
        for item in self.items or ():
            data = bytes(item)
            named = data.startswith((b'{"apiVersion"', b'{"kind"'))
            yield data if named or data == b"{}" else stamp[:-1] + b"," + data[1:]


class Event(msgspec.Struct):
    """One line of a watch; the object is still bytes."""

    type: str
    object: msgspec.Raw


class _Name(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class Head(msgspec.Struct):
    """Just enough of an object to file it."""

    metadata: _Name


read_page = msgspec.json.Decoder(Page).decode
read_event = msgspec.json.Decoder(Event).decode
read_head = msgspec.json.Decoder(Head).decode
read_refused = msgspec.json.Decoder(Status).decode
