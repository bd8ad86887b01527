"""How types become schemas."""

from datetime import datetime
from typing import Annotated, Any

import pytest
from msgspec import Meta, field

from serinus.api.meta import ApiStruct
from serinus.api.scalar import AnyValue, Int32, Int64, IntOrString, Preserved
from serinus.api.schema import schema


class Inner(ApiStruct, frozen=True):
    """Something inside.

    A second paragraph that is for readers of the code.
    """

    needed: str
    url_name: str = ""
    """Where it is, as ``a://b``,
    over two lines.

    And more.
    """


class Heir(Inner, frozen=True):
    """Something that inherits."""

    strange: str = field(default="", name="StrangeName")
    """Its own."""


class Empty(ApiStruct, frozen=True):
    """Nothing to say."""


class WithOwn(ApiStruct, frozen=True):
    """Has a field that others do not have."""

    needed: Annotated[str, Meta(extra_json_schema={"x-serinus": True})]
    plain: str = ""
    extra: Annotated[Int32 | None, Meta(extra_json_schema={"x-serinus": True})] = None


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (float, {"type": "number"}),
        (int, {"type": "integer"}),
        (Int32, {"type": "integer", "format": "int32"}),
        (Int64 | None, {"type": "integer", "format": "int64"}),
        (datetime | None, {"type": "string", "format": "date-time"}),
        (IntOrString | None, {"x-kubernetes-int-or-string": True}),
        (Preserved | None, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
        (AnyValue, {"x-kubernetes-preserve-unknown-fields": True}),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
        (list[Int32], {"type": "array", "items": {"type": "integer", "format": "int32"}}),
        (dict[str, str], {"type": "object", "additionalProperties": {"type": "string"}}),
        (
            dict[str, AnyValue],
            {"type": "object", "additionalProperties": {"x-kubernetes-preserve-unknown-fields": True}},
        ),
        (Empty, {"type": "object", "description": "Nothing to say."}),
    ],
)
def test_a_type_and_its_schema(type_: Any, expected: dict[str, Any]) -> None:
    assert schema(type_) == expected


def test_descriptions_are_the_first_paragraphs_of_docstrings() -> None:
    assert schema(Inner) == {
        "type": "object",
        "description": "Something inside.",
        "properties": {
            "needed": {"type": "string"},
            "urlName": {"type": "string", "description": "Where it is, as a://b, over two lines."},
        },
        "required": ["needed"],
    }


def test_inherited_fields_keep_their_descriptions_and_names_their_spelling() -> None:
    properties = schema(Heir)["properties"]
    assert properties["urlName"]["description"] == "Where it is, as a://b, over two lines."
    assert properties["StrangeName"]["description"] == "Its own."


def test_own_fields_are_marked_in_types_but_not_in_schemas() -> None:
    whole = schema(WithOwn)
    assert list(whole["properties"]) == ["needed", "plain", "extra"]
    assert whole["properties"]["extra"] == {"type": "integer", "format": "int32"}
    assert whole["required"] == ["needed"]


def test_own_fields_can_be_left_out() -> None:
    assert schema(WithOwn, own_fields=False) == {
        "type": "object",
        "description": "Has a field that others do not have.",
        "properties": {"plain": {"type": "string"}},
    }


@pytest.mark.parametrize("type_", [Any, str | int, bytes, tuple[str, int], dict[str, Any] | list[str]])
def test_a_type_that_no_structural_schema_can_describe_is_refused(type_: Any) -> None:
    with pytest.raises(TypeError, match="no structural schema"):
        schema(type_)
