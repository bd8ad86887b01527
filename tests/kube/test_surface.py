"""What the room shows, and what it costs to look at it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from serinus import kube

SURFACE = [
    "AlreadyExists",
    "ApiError",
    "Cause",
    "Client",
    "Closed",
    "ConfigError",
    "Conflict",
    "Connection",
    "ConnectionOptions",
    "Expired",
    "Forbidden",
    "Informer",
    "Invalid",
    "Key",
    "KubeError",
    "LeaderElection",
    "LeadershipLost",
    "NotFound",
    "Object",
    "ObjectMeta",
    "OwnerReference",
    "Queue",
    "Status",
    "Store",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
    "decode_object",
    "load_connection",
]


def test_the_public_surface_is_this_list():
    assert kube.__all__ == SURFACE


def test_type_checkers_and_programs_see_the_same_names():
    tree = ast.parse(Path(kube.__file__).read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {(alias.name, node.module) for node in guarded.body for alias in node.names}
    assert typed == {(name, f"serinus.kube.{home}") for name, home in kube._HOME.items()}
    for name in SURFACE:
        assert getattr(kube, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Cliént'"):
        _ = kube.Cliént


@pytest.mark.parametrize(
    ("names", "absent"),
    [
        ("KubeError, ConnectionOptions, Store", ["aiohttp", "yaml", "ssl", "asyncio"]),
        ("load_connection", ["aiohttp", "yaml"]),
        ("Client", ["yaml", "lightkube"]),
    ],
)
def test_names_load_no_more_than_they_need(names, absent):
    code = f"import sys; from serinus.kube import {names}; print([name for name in {absent!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
