"""Structural schemas out of types: what the API server accepts, prunes and explains.

The rules are those of https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions:
every node has a type, unless it is int-or-string or preserves what it does not know; there are no references and no
unions. A field is required exactly where its type has no default.
"""

from copy import deepcopy
from typing import Any

from msgspec import inspect
from msgspec.inspect import Type

from serinus.api.docstrings import field_docs, summary

Schema = dict[str, Any]

OWN = "x-serinus"
"""In ``extra_json_schema``: marks a field that Argo Rollouts does not have."""

_PRESERVES = ("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields")


def schema(type_: Any, *, own_fields: bool = True) -> Schema:
    """Say how a type looks in OpenAPI v3; without ``own_fields``, only what Argo Rollouts has too.

    Raises TypeError for a type that no structural schema can describe.
    """
    return _node(inspect.type_info(type_), own_fields)


def _node(info: Type, own_fields: bool) -> Schema:
    extra, info = _peel(info)
    if any(extra.get(mark) for mark in _PRESERVES):
        return _type_of(info) | extra
    return _plain(info, own_fields) | extra


def _peel(info: Type) -> tuple[Schema, Type]:
    """Take off what Annotated and ``| None`` put around a type: marks, and the type itself."""
    extra: Schema = {}
    while True:
        match info:
            case inspect.Metadata():
                extra = (info.extra_json_schema or {}) | extra
                info = info.type
            case inspect.UnionType() if len(rest := _without_none(info)) == 1:
                info = rest[0]
            case _:
                return {key: deepcopy(value) for key, value in extra.items() if key != OWN}, info


def _without_none(info: inspect.UnionType) -> list[Type]:
    return [item for item in info.types if not isinstance(item, inspect.NoneType)]


def _type_of(info: Type) -> Schema:
    return {"type": "object"} if isinstance(info, inspect.DictType) else {}


def _plain(info: Type, own_fields: bool) -> Schema:
    match info:
        case inspect.StructType():
            return _object(info, own_fields)
        case inspect.DictType():
            return {"type": "object", "additionalProperties": _node(info.value_type, own_fields)}
        case inspect.VarTupleType() | inspect.ListType():
            return {"type": "array", "items": _node(info.item_type, own_fields)}
        case inspect.DateTimeType():
            return {"type": "string", "format": "date-time"}
        case inspect.StrType():
            return {"type": "string"}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType():
            return {"type": "integer"}
        case inspect.FloatType():
            return {"type": "number"}
        case _:
            raise TypeError(f"{info} has no structural schema: mark it in scalar.py or give it a plainer type")


def _object(info: inspect.StructType, own_fields: bool) -> Schema:
    docs = field_docs(info.cls)
    fields = [item for item in info.fields if own_fields or not is_own(item)]
    properties = {item.encode_name: _field(item, docs.get(item.name, ""), own_fields) for item in fields}
    required = [item.encode_name for item in fields if item.required]
    node: Schema = {"type": "object", "description": summary(info.cls), "properties": properties, "required": required}
    # The API server drops what is empty, and a definition must come back as it was sent, or each apply changes it.
    return {key: value for key, value in node.items() if value}


def _field(item: inspect.Field, doc: str, own_fields: bool) -> Schema:
    node = _node(item.type, own_fields)
    return node | {"description": doc} if doc else node


def is_own(item: inspect.Field) -> bool:
    """Whether a field is one that Argo Rollouts does not have."""
    info = item.type
    return isinstance(info, inspect.Metadata) and bool((info.extra_json_schema or {}).get(OWN))
