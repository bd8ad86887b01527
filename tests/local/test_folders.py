"""Where things are kept, and who may read them."""

from pathlib import Path

import pytest

from serinus.local.errors import LocalError
from serinus.local.folders import cache_folder, make_folder, private_folder, state_folder, write_private


@pytest.mark.parametrize(
    ("env", "cache", "state"),
    [
        ({}, "/home/bird/.cache/serinus", "/home/bird/.local/state/serinus"),
        ({"XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}, "/c/serinus", "/s/serinus"),
        ({"XDG_CACHE_HOME": "/c", "SERINUS_CACHE": "/own", "SERINUS_STATE": "/mine"}, "/own", "/mine"),
        ({"SERINUS_CACHE": "", "XDG_STATE_HOME": ""}, "/home/bird/.cache/serinus", "/home/bird/.local/state/serinus"),
    ],
)
def test_our_variable_comes_first_then_the_desktops_then_home(
    env: dict[str, str], cache: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SERINUS_CACHE", "SERINUS_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/bird", **env}.items():
        monkeypatch.setenv(name, value)
    assert (cache_folder(), state_folder()) == (Path(cache), Path(state))


def test_a_folder_with_secrets_is_its_owners_also_where_it_was_there_before(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    for folder in (tmp_path / "there", tmp_path / "new" / "deep"):
        assert oct(private_folder(folder).stat().st_mode & 0o777) == "0o700"


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match=f"cannot create the folder {tmp_path / 'file' / 'x'}: Not a directory"):
        make_folder(tmp_path / "file" / "x")


def test_a_secret_replaces_what_others_could_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), oct(path.stat().st_mode & 0o777)) == ("new", "0o600")


def test_a_secret_that_cannot_be_written_is_named_and_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    with pytest.raises(LocalError, match=f"cannot write {tmp_path / 'key'}: "):
        write_private(tmp_path / "key", "secret")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
