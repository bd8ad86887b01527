"""JSONPath as kubectl reads it."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.providers.jsonpath import first
from serinus.providers.provider import ProviderError

DATA = {
    "ok": True,
    "data": {"values": [3, 1.5, 2], "empty": [], "nothing": None},
    "shops": [
        {"name": "north", "errors": 4, "tags": {"zone": "a"}},
        {"name": "south", "errors": 0, "tags": {"zone": "b", "old": True}},
        {"name": "east 'end'", "errors": 9.5, "tags": {"zone": "a"}},
    ],
    "app.kubernetes.io/name": "web",
    "a": {"b": "nested"},
    "lists": [{"x": []}, {"x": [1], "y": True}],
}

FOUND: dict[str, Any] = {
    "{$}": DATA,
    "{@}": DATA,
    "{.}": DATA,
    "{$.ok}": True,
    "{.ok}": True,
    "{ .ok }": True,
    "{$.data.values}": [3, 1.5, 2],
    "{$.data.values[0]}": 3,
    "{.data.values[-1]}": 2,
    "{.data.values[-2:]}": 1.5,
    "{.data.values[1:2]}": 1.5,
    "{.data.values[:2]}": 3,
    "{.data.values[::2]}": 3,
    "{.data.values[*]}": 3,
    "{.data.values[2,0]}": 2,
    "{.data.nothing}": None,
    "{.data.empty}": [],
    "{.data.empty}{.ok}": [],
    "{.data.empty[0:0]}{.ok}": True,
    "{.data.*}": [3, 1.5, 2],
    "{['data']['values'][0]}": 3,
    '{["ok"]}': True,
    "{.shops[*].name}": "north",
    "{.shops[1]['name', 'errors']}": "south",
    '{.shops[?(@.name=="south")].errors}': 0,
    "{.shops[?(@.name == 'south')].errors}": 0,
    r"{.shops[?(@.name=='east \'end\'')].errors}": 9.5,
    "{.shops[?(@.errors>4)].name}": "east 'end'",
    "{.shops[?(@.errors>=4)].name}": "north",
    "{.shops[?(@.errors<=-0.5)].name}{.ok}": True,
    "{.shops[?(@.errors!=4)].name}": "south",
    "{.shops[?(@.tags.old)].name}": "south",
    "{..zone}": "a",
    "{..tags.zone}": "a",
    "{..tags..zone}": "a",
    "{.a.b..}": "nested",
    "{$..shops[1].name}": "south",
    r"{.app\.kubernetes\.io/name}": "web",
    r"{['app\.kubernetes\.io/name']}": "web",
    "{['a.b']}": "nested",
    " {.ok}\n": True,
    "{.lists[?(@.x[*]==1)].y}": True,
    "{'text'}": "text",
    "{7}": 7,
}

REFUSED = {
    "{.shops[?(@.tags.none)].name}": "finds nothing",
    "{.data.nothing[0].x[?(@.a==1)]}": "finds nothing",
    "{.shops[?(@.name==@.data[*])].name}": "data is not found",
    "{.data[?(@==1)]}": "an object is not an array",
    "{.ok[0]}": "a truth value is not an array",
    "{.data.values[0][0]}": "a number is not an array",
    "{.a.b[0]}": "a text is not an array",
    "{.data.nothing[?(@.x)]}": "null is not an array",
    "{.shops[?(@.tags<1)]}": "an object cannot be compared with a number by <",
    "{.shops[?(@..empty==1)]}": "empty is not found",
    "{.shops[?(]}": "[?(] is neither an index",
    "{.shops[?(@.name}y)]}": "'}' is not understood here",
    "{.shops[?(@.tags.old==true)].name}": "old is not found",
    "{.missing}": "missing is not found",
    "{.data.values.x}": "x is not found",
    "{.data.values[3]}": "array index out of bounds: index 3, length 3",
    "{.data.values[-4]}": "array index out of bounds: index -1, length 3",
    "{.data.empty[0]}": "array index out of bounds: index 0, length 0",
    "{.data.values[2:1]}": "starting index 2 is greater than ending index 1",
    "{.data.values[0:3:0]}": "step must be > 0",
    "{.data[*]}": "an object is not an array",
    "{.data[0]}": "an object is not an array",
    "{.ok[?(@.x)]}": "a truth value is not an array",
    "{.data.empty[*]}": "finds nothing",
    "{.shops[?(@.name>3)]}": "a text cannot be compared with a number by >",
    "{.shops[?(@.tags==@.tags)].name}": "an object cannot be compared with an object by ==",
    "{.lists[?(@.x==@.x)]}": "an array cannot be compared with an array by ==",
    "{.lists[?(@.y<true)]}": "y is not found",
    "{.shops[?(@.tags<@.tags)]}": "an object cannot be compared with an object by <",
    "{.shops[?(@..zone==@.tags.*)]}": "can only compare one element at a time",
    "{.shops[?(@.name=~'x')]}": "=~ is no comparison",
    "$.ok": "write the path in braces, as in {$.data.value}",
    "": "finds nothing",
    "{.ok},": "write the path in braces",
    "{.ok": "a closing brace is missing",
    "{ok}": "a field begins with a dot, as in {.ok}",
    "{range .shops[*]}{.name}{end}": "leave range and end out",
    "{.data.values[x]}": "neither an index, nor a slice, nor a key in quotes",
    "{.data.values[-]}": "not a number",
    "{.data.values[]}": "neither an index",
    "{....ok}": "'..' twice in a row",
    "{.ok}}": "write the path in braces",
    "{.ok ! }": "'!' is not understood here",
    "{" + ".a" * 3000 + "}": "4096 are allowed",
}


@pytest.mark.parametrize("path", FOUND)
def test_the_first_hit_is_found(path: str) -> None:
    found = first(path, DATA)
    assert (found, type(found)) == (FOUND[path], type(FOUND[path]))


@pytest.mark.parametrize("path", REFUSED)
def test_what_finds_nothing_or_cannot_be_read_says_so(path: str) -> None:
    with pytest.raises(ProviderError) as caught:
        first(path, DATA)
    assert REFUSED[path] in str(caught.value)


@pytest.mark.parametrize(
    "path", ["{..[0:1]..[0:1]..[0:1]..[0:1]}", "{..*..*..*}", "{[*,*,*][*,*,*]..[0:1]..[0:1]..[0:1]}"]
)
def test_a_path_that_multiplies_what_it_finds_is_stopped(path: str) -> None:
    deep: Any = [1, 2]
    for _ in range(400):
        deep = [deep, 1]
    with pytest.raises(ProviderError, match="more than 100000 values"):
        first(path, [deep, deep])


@given(st.text(alphabet="{}[].$@*?()'\"\\:,=<>! abAB01-", max_size=30))
def test_any_text_is_a_path_or_an_error(text: str) -> None:
    with suppress(ProviderError):
        first(text, DATA)
