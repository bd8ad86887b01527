"""Paths are written and read as the API writes them."""

import pytest

from serinus.lint.path import parsed, written
from serinus.lint.source import Path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "replicas"), "spec.replicas"),
        (("spec", "steps", 0, "setWeight"), "spec.steps[0].setWeight"),
        (("metadata", "annotations", "a.b/c"), "metadata.annotations[a.b/c]"),
        (("spec", "plugins", "org/router"), "spec.plugins[org/router]"),
    ],
)
def test_a_path_is_read_as_it_is_written(path: Path, text: str) -> None:
    assert written(path) == text
    assert parsed(f"{text}: Invalid value: 3: too much: really") == path


@pytest.mark.parametrize("text", ["two metrics have the same name 'a'", "no: path", 'Service "a" not found', ""])
def test_a_text_without_a_path_has_none(text: str) -> None:
    assert parsed(text) in {(), ("no",)}


def test_a_place_within_an_object_is_part_of_the_path() -> None:
    assert parsed("spec.a.routes.http[0].name: Required value") == ("spec", "a", "routes", "http", 0, "name")
