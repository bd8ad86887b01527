"""Schemas and types agree: what a definition accepts, the controller can read and write without loss."""

from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serinus.api.crds import DEFINITIONS, Definition, manifest

Schema = dict[str, Any]

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
WHOLE = {"int32": st.integers(-(2**31), 2**31 - 1), "int64": st.integers(-(2**63), 2**63 - 1)}
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z"))


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Any JSON value that a schema accepts."""
    if schema.get("x-kubernetes-int-or-string"):
        return WHOLE["int32"] | st.text(max_size=5)
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return st.dictionaries(st.text(max_size=3), ANYTHING, max_size=2) if "type" in schema else ANYTHING
    match schema["type"]:
        case "object":
            return maps(schema) if "additionalProperties" in schema else objects(schema)
        case "array":
            return st.lists(values(schema["items"]), max_size=2)
        case "integer":
            return WHOLE[schema["format"]]
        case "boolean":
            return st.booleans()
        case _:
            return TIMES if "format" in schema else st.text(max_size=5)


def maps(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.text(max_size=3), values(schema["additionalProperties"]), max_size=2)


@st.composite
def objects(draw: st.DrawFn, schema: Schema) -> dict[str, Any]:
    """What is required, and a few of the other properties: all of them would be too much."""
    properties = schema.get("properties", {})
    more = draw(st.sets(st.sampled_from(sorted(properties)), max_size=3)) if properties else set()
    return {name: draw(values(properties[name])) for name in sorted({*schema.get("required", ()), *more})}


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.kind.kind)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_a_definition_accepts_is_read_and_written_without_change(
    definition: Definition, data: st.DataObject
) -> None:
    (version,) = manifest(definition)["spec"]["versions"]
    accepted = data.draw(objects(version["schema"]["openAPIV3Schema"])) | {"metadata": {"name": "a"}}
    read = msgspec.json.decode(msgspec.json.encode(accepted), type=definition.type)
    assert msgspec.json.decode(msgspec.json.encode(read), type=definition.type) == read
