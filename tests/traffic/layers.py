"""What a router's own folder says of it, beside its cases: the tests that all routers share read it there."""

import importlib
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from serinus import plugins
from serinus.traffic.router import Router
from traffic.cases import FILE, HERE, Manifest, Objects

Split = tuple[int, int]
"""The weights of canary and stable."""
Reader = Callable[[Objects], list[Split]]

CANARY, STABLE = "web-canary", "web"
EXAMPLE = "weights-in-a-configmap"
"""The entry point of the example of a third party's router, which is installed in some tests only."""

BUILT_IN = sorted(
    point.name for point in entry_points(group=plugins.ROUTERS) if point.value.startswith("serinus.traffic.")
)
ALL = [*BUILT_IN, EXAMPLE]


class Weighted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where lists of weighted entries stand in objects of one kind."""

    kind: str
    lists: tuple[str, ...]
    """Keys with dots between; ``routes[]`` means each of them."""
    name: str = "name"
    """Where an entry names its Service."""

    def __call__(self, found: Objects) -> list[Split]:
        """The splits: one for each list that has both Services."""
        lists = [
            entries
            for ref, item in found.items()
            if ref.kind.kind == self.kind
            for path in self.lists
            for entries in reached(item.raw, path)
        ]
        return [split for entries in lists for split in pair(entries, lambda entry: next(reached(entry, self.name)))]


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a layer's story on the real cluster plays with: names are those of ``stories.manifests``."""

    routing: Manifest
    """``trafficRouting`` of the Rollout."""
    objects: tuple[Manifest, ...] = ()
    """The user's objects."""
    header: bool = False
    """Whether the steps make a header route."""
    made: str = ""
    """The object of our own that exists while the update is paused, as kubectl names it."""
    stays: bool = False
    """Whether that object is there for all times."""
    abort: bool = False
    """Whether an abort is played as well."""
    vendor: str = ""
    """Whose definitions of the kinds are installed; the least that an API server takes when absent."""
    flags: tuple[str, ...] = ()
    """Arguments of the controller."""


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file ``layer.yaml``."""

    sample: str
    """The case (from this folder) whose objects begin a life in the conformance test."""
    split: Weighted | None = None
    """How a split is read; ``splits`` in a file ``shares.py`` beside does it when absent."""
    story: Story | None = None
    elsewhere: str = ""
    """The file (from the project's folder) that tells the story on the real cluster, where it is not this one."""
    page: str = ""
    """The doc page under ``docs/routers``; named like the router when absent."""


def point(name: str) -> EntryPoint:
    return next(point for point in entry_points(group=plugins.ROUTERS) if point.name == name)


def router(name: str) -> Router:
    made: Router = point(name).load()()
    return made


def folder(name: str) -> Path:
    return HERE / name.replace("-", "_")


def layer(name: str) -> Layer:
    path = folder(name) / FILE
    if not path.exists():
        pytest.fail(f"{name} has no {path}: say there what layers.Layer has, and put cases beside it")
    try:
        return msgspec.convert(yaml.safe_load(path.read_text()), Layer)
    except msgspec.ValidationError as error:
        pytest.fail(f"{path}: {error}; layers.Layer says what it may hold")


def story(name: str) -> Story:
    found = layer(name).story
    if found is None:
        pytest.fail(
            f"{folder(name) / FILE} has no story: add what an update on the real cluster plays with, or elsewhere"
        )
    return found


def played(*, abort: bool = False) -> list[str]:
    """Those whose story on the real cluster is the common one; those of which nothing is known are told so there."""
    known = {name: layer(name) for name in BUILT_IN if (folder(name) / FILE).exists()}
    if abort:
        return [name for name, read in known.items() if read.story and read.story.abort]
    return [name for name in BUILT_IN if name not in known or not known[name].elsewhere]


def reader(name: str) -> Reader:
    if split := layer(name).split:
        return split
    if not (folder(name) / "shares.py").exists():
        pytest.fail(f"{folder(name) / FILE} has no split, and no shares.py is beside it: say how weights are read")
    splits: Reader = importlib.import_module(f"traffic.{folder(name).name}.shares").splits
    return splits


def raw(found: Objects, kind: str) -> Iterator[Manifest]:
    return (item.raw for ref, item in found.items() if ref.kind.kind == kind)


def pair(entries: list[Manifest], name: Callable[[Manifest], Any], weight: str = "weight") -> Iterator[Split]:
    """The split in a list of weighted entries; nothing where one of the two Services is not in it."""
    services = [entry for entry in entries if entry.get("kind", "Service") == "Service"]
    found = {name(entry): int(entry.get(weight, 0)) for entry in reversed(services)}
    if CANARY in found and STABLE in found:
        yield found[CANARY], found[STABLE]


def reached(value: Any, path: str) -> Iterator[Any]:
    """What stands at a path; nothing where it is not there."""
    key, _, rest = path.partition(".")
    each = key.endswith("[]")
    found = value.get(key.removesuffix("[]"))
    for item in (found or []) if each else [] if found is None else [found]:
        yield from reached(item, rest) if rest else [item]
