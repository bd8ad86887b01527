"""Programs from Go modules are compiled once and then taken from the cache."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from serinus.local.build import Program, binary_of, build
from serinus.local.errors import LocalError
from serinus.local.programs import control_plane

GO_MOD = "module example\n\ngo 1.21\n"
MAIN = 'package main\n\nimport "os"\n\nvar word = "none"\n\nfunc main() { os.Stdout.WriteString(word) }\n'


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "go.mod").write_text(GO_MOD)
    (folder / "main.go").write_text(MAIN)
    return folder


def output_of(program: Path) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True, timeout=20).stdout


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_program_is_compiled_once_with_its_flags(
    cache: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("bird", source, ldflags="-X main.word=tweet")
    binary = await build(program)
    assert output_of(binary) == "tweet"
    monkeypatch.setenv("PATH", "/nowhere")
    assert await build(program) == binary
    assert names_in(cache) == {"build.lock", binary.name, f"{binary.name}.log"}


async def test_tags_choose_files(cache: Path, source: Path) -> None:
    (source / "loud.go").write_text('//go:build loud\n\npackage main\n\nfunc init() { word = "LOUD" }\n')
    assert output_of(await build(Program("bird", source, tags=("loud",)))) == "LOUD"


async def test_a_package_inside_the_module_can_be_the_program(cache: Path, source: Path) -> None:
    (source / "cmd").mkdir()
    (source / "main.go").rename(source / "cmd" / "main.go")
    assert output_of(await build(Program("bird", source, package="./cmd"))) == "none"


@pytest.mark.parametrize(
    "other",
    [{"name": "finch"}, {"package": "./cmd"}, {"tags": ("loud",)}, {"ldflags": "-s"}],
    ids=lambda other: next(iter(other)),
)
def test_whatever_the_result_depends_on_makes_another_program(other: dict, cache: Path, source: Path) -> None:
    first = {"name": "bird", "source": source}
    assert binary_of(Program(**first)) != binary_of(Program(**first | other))


def test_a_changed_source_makes_another_program(cache: Path, source: Path) -> None:
    before = binary_of(Program("bird", source))
    (source / "main.go").write_text(MAIN.replace("none", "more"))
    assert binary_of(Program("bird", source)) != before


async def test_a_failed_build_shows_the_compilers_words_and_leaves_nothing(cache: Path, source: Path) -> None:
    (source / "main.go").write_text("package main\n\nfunc main() { chirp() }\n")
    program = Program("bird", source)
    with pytest.raises(LocalError) as caught:
        await build(program)
    log = binary_of(program).with_name(f"{binary_of(program).name}.log")
    assert f"compiling bird failed with exit code 1; the log is {log}" in str(caught.value)
    assert "undefined: chirp" in str(caught.value)
    assert names_in(cache) == {"build.lock", log.name}


async def test_of_two_builds_at_once_the_second_waits_and_compiles_nothing(
    cache: Path, source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = Program("bird", source)
    first, second = await asyncio.gather(build(program), build(program))
    said = capfd.readouterr().err
    assert first == second
    assert output_of(first) == "none"
    assert said.count("waiting for another build to end") == 1
    assert said.count("bird: ready") == 1


async def test_what_a_killed_build_left_behind_is_removed(cache: Path, source: Path) -> None:
    (cache / "work" / "gocache").mkdir(parents=True)
    (cache / "work" / "bird").write_text("half a program")
    assert output_of(await build(Program("bird", source))) == "none"
    assert not (cache / "work").exists()


async def test_a_cache_folder_that_cannot_be_is_named(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(LocalError, match=f"cannot create the folder {tmp_path / 'file' / 'cache'}"):
        await build(Program("bird", source))


async def test_a_full_disk_is_named(cache: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(LocalError, match=rf"building in {cache} failed: .*: No space left on device"):
        await build(Program("bird", source))


def test_the_control_plane_is_stamped_with_the_version_of_its_module() -> None:
    program = control_plane()
    assert "k8s.io/kubernetes v1.34.4" in (program.source / "go.mod").read_text()
    assert "version.gitVersion=v1.34.4 " in program.ldflags
    assert {path.name for path in program.source.iterdir()} == {"go.mod", "go.sum", "main.go"}
