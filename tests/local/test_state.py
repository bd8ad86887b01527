"""The file by which other processes find a cluster."""

import os
from pathlib import Path

import pytest

from serinus.local import state
from serinus.local.errors import LocalError
from serinus.local.state import State

OURS = State("bird", os.getpid(), state.start_of(os.getpid()), ready=True, gateways={"nginx": "127.0.0.1:1"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    OURS.write(tmp_path)
    assert state.read(tmp_path) == OURS
    assert oct((tmp_path / state.FILE).stat().st_mode & 0o777) == "0o600"
    assert [path.name for path in tmp_path.iterdir()] == [state.FILE]


def test_without_a_file_there_is_no_cluster(tmp_path: Path) -> None:
    assert state.read(tmp_path) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"pid": "1", "started": "x"}', '{"name": "a", "pid": 1, "started": "x", "no": 1}'],
)
def test_a_broken_file_is_named_with_the_way_out(text: str, tmp_path: Path) -> None:
    (tmp_path / state.FILE).write_text(text)
    with pytest.raises(LocalError, match=rf"cannot read {tmp_path / state.FILE}: .*; if the cluster is gone, remove"):
        state.read(tmp_path)
    assert state.read_if_sound(tmp_path) is None


def test_a_process_is_told_from_a_later_one_with_its_number() -> None:
    assert OURS.alive
    assert not State("bird", os.getpid(), "another/1").alive


def test_who_is_gone_began_never(tmp_path: Path) -> None:
    assert state.start_of(2**22 + 1) == ""


@pytest.mark.parametrize("name", ["a", "default", "a-1", "1", "x" * 40])
def test_names_that_can_be(name: str, tmp_path: Path) -> None:
    assert state.folder_of(name, tmp_path) == tmp_path / name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a/b", "..", "a\n", "x" * 41, "ä"])
def test_names_that_cannot_be(name: str, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is no name for a cluster"):
        state.folder_of(name, tmp_path)


def test_known_names_are_those_that_have_a_folder(tmp_path: Path) -> None:
    for name in ("two", "one", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("")
    assert state.known_names(tmp_path) == ["one", "two"]
    assert state.known_names(tmp_path / "none") == []
