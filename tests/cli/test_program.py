"""The program as a whole: names, flags, errors, exit codes, start-up."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from serinus import __version__
from serinus.cli.flags import connection_options
from serinus.cli.lazy import Lazy, LazyGroup
from serinus.cli.main import COMMANDS, complete_var, executable, root
from serinus.kube import ConnectionOptions

OURS = [name for name in COMMANDS if name not in {"up", "down", "demo", "controller", "crds"}]
HEAVY = ("aiohttp", "asyncio", "yaml", "msgspec", "cryptography", "ssl")


@pytest.mark.parametrize("args", [["version", "--short"], ["--help"]])
def test_starting_imports_nothing_heavy(args: list[str]) -> None:
    script = f"import sys; from serinus.cli.main import run; run('serinus', {args}); print(sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    loaded = eval(out.splitlines()[-1])
    assert not set(HEAVY) & set(loaded)


LIGHT = [[name] for name in COMMANDS if name not in {"controller", "up", "down", "demo", "__complete"}]
LIGHT += [["get", "rollout"], ["get", "experiment"], ["list", "rollouts"], ["list", "experiments"], ["create", "ar"]]


@pytest.mark.parametrize("command", LIGHT, ids=" ".join)
def test_help_does_not_load_what_talks_to_a_cluster(command: list[str]) -> None:
    script = f"import sys; from serinus.cli.main import run; run('serinus', {[*command, '--help']}); print(sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "'aiohttp'" not in out


@pytest.mark.parametrize(
    ("called", "usage"),
    [
        ("/usr/bin/serinus", "Usage: serinus [OPTIONS]"),
        ("/opt/kubectl-argo-rollouts", "Usage: kubectl argo rollouts [OPTIONS]"),
        ("kubectl-argo-rollouts.exe", "Usage: kubectl argo rollouts [OPTIONS]"),
        ("/x/serinus/__main__.py", "Usage: serinus [OPTIONS]"),
    ],
)
def test_usage_speaks_of_the_name_it_was_called_by(called: str, usage: str, program: Any) -> None:
    said = program("--help", name=called)
    assert said.code == 0
    assert said.out.startswith(usage)


def test_without_a_command_the_program_helps(program: Any) -> None:
    assert program() == program("--help")
    assert program().code == 0


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (["--nonsense"], "Error: No such option '--nonsense' (see 'serinus --help')\n"),
        (["abort", "x", "--nonsense"], "Error: No such option '--nonsense' (see 'serinus abort --help')\n"),
        (["nonsense"], "Error: No such command 'nonsense' (see 'serinus --help')\n"),
        (["promote", "Not_A_Name"], "Error: Invalid value for 'NAME': 'Not_A_Name' cannot be the name of an object"),
        (["promote", "../../secrets"], "Error: Invalid value for 'NAME': '../../secrets' cannot be the name"),
        (["abort", "x", "-n", "a/b"], "Error: Invalid value for '-n' / '--namespace': 'a/b' cannot be the name"),
        (["abort", "x", "--request-timeout", "soon"], "Error: Invalid value for '--request-timeout': 'soon' is not a"),
        (["abort", "x", "--loglevel", "loud"], "Error: Invalid value for '--loglevel': 'loud' is none of trace, debug"),
        (["status", "x", "-t", "-5s"], "Error: Invalid value for '-t' / '--timeout': '-5s' is negative"),
        (["status", "x", "--watch=perhaps"], "Error: Invalid value for '--watch': 'perhaps' is neither true nor false"),
        (["completion", "tcsh"], "Error: Invalid value for '{bash|zsh|fish|powershell|kubectl}': 'tcsh' is not one of"),
        (["undo", "x", "--to-revision", "-1"], "Error: Invalid value for '--to-revision': -1 is not in the range"),
    ],
)
def test_a_wrong_command_line_is_one_line_of_error(args: list[str], error: str, program: Any) -> None:
    said = program(*args)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(error)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "usage"),
    [
        (["abort"], "Usage: kubectl argo rollouts abort [OPTIONS] NAME..."),
        (["status"], "Usage: kubectl argo rollouts status [OPTIONS] NAME"),
        (["status", "x", "y"], "Usage: kubectl argo rollouts status [OPTIONS] NAME"),
        (["set", "image", "x"], "Usage: kubectl argo rollouts set image [OPTIONS] NAME CONTAINER=IMAGE..."),
        (["get"], "Usage: kubectl argo rollouts get [OPTIONS] COMMAND"),
        (["retry"], "Usage: kubectl argo rollouts retry [OPTIONS] COMMAND"),
        (["terminate"], "Usage: kubectl argo rollouts terminate [OPTIONS] COMMAND"),
        (["terminate", "experiment"], "Usage: kubectl argo rollouts terminate experiment [OPTIONS] NAME..."),
        (["get", "experiment"], "Usage: kubectl argo rollouts get experiment [OPTIONS] NAME"),
    ],
)
def test_a_wrong_number_of_arguments_shows_the_usage(args: list[str], usage: str, program: Any) -> None:
    said = program(*args, name="kubectl-argo-rollouts")
    assert (said.code, said.out) == (1, "")
    first, last = said.err.splitlines()
    assert first.startswith(usage)
    assert last.startswith("Error: ")


def commands(group: click.Group, context: click.Context, ours: list[str]) -> list[tuple[str, click.Command]]:
    found = []
    for name in ours:
        command = group.get_command(context, name)
        assert command is not None
        found.append((f"{context.command_path} {name}", command))
        if isinstance(command, LazyGroup):
            inner = click.Context(command, info_name=name, parent=context)
            found += commands(command, inner, command.list_commands(inner))
    return found


def test_every_command_has_a_help_text_and_the_connection_flags() -> None:
    for path, command in commands(root, click.Context(root, info_name="serinus"), OURS):
        assert command.help or command.name == "__complete", path
        flags = {flag for param in command.params for flag in param.opts}
        assert {"--kubeconfig", "-n", "--as-group", "-v"} <= flags or command.name == "__complete", path


def test_the_list_of_commands_says_what_the_commands_are_called() -> None:
    for path, command in commands(root, click.Context(root, info_name="serinus"), OURS):
        assert path.split()[-1] == command.name


@pytest.mark.parametrize("name", ["up", "down", "demo", "controller", "crds"])
def test_a_command_that_another_room_brings_is_listed(name: str, program: Any) -> None:
    assert f"\n  {name} " in program("--help").out


def table(target: str) -> LazyGroup:
    return LazyGroup("probe", table={"there": Lazy("serinus.cli.version:version", ""), "away": Lazy(target, "")})


def test_a_command_whose_module_is_not_there_breaks_no_other() -> None:
    group = table("serinus.cli.nowhere:nowhere")
    context = click.Context(group, info_name="serinus")
    assert group.get_command(context, "there") is not None
    with pytest.raises(click.ClickException, match="'serinus away' is not part of this version"):
        group.get_command(context, "away")


def test_a_missing_extra_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "needy_command.py").write_text("import surely_not_installed\n")
    monkeypatch.syspath_prepend(tmp_path)
    group = table("needy_command:command")
    with pytest.raises(click.ClickException, match=r"'surely_not_installed'.*serinus\[local\]"):
        group.get_command(click.Context(group, info_name="serinus"), "away")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connection options that a command was given."""
    options: list[Any] = []

    @click.pass_context
    def listen(ctx: click.Context, **_given: Any) -> None:
        options.append(connection_options(ctx))

    command = COMMANDS["pause"].load("pause")
    monkeypatch.setattr(command, "callback", listen)
    return options


def test_connection_flags_stand_before_and_after_the_command(heard: list[Any], program: Any) -> None:
    before = ["--context", "east", "-n=first", "--as", "ann", "--insecure-skip-tls-verify"]
    after = ["-n", "shop", "--as-group=a", "--as-group", "b", "--request-timeout", "1m", "--cache-dir", "/x", "-v6"]
    assert program(*before, "pause", "x", *after).code == 0
    options = heard[0]
    assert (options.context, options.namespace, options.as_user) == ("east", "shop", "ann")
    assert (options.as_group, options.request_timeout) == (("a", "b"), 60.0)
    assert options.insecure_skip_tls_verify is True


def test_what_follows_two_dashes_is_no_flag(program: Any) -> None:
    said = program("pause", "--", "-n=shop")
    assert said.code == 1
    assert said.err.startswith("Error: Invalid value for 'NAME...': '-n=shop' cannot be the name of an object")


def test_flags_that_are_not_given_leave_the_kubeconfig_alone(heard: list[Any], program: Any) -> None:
    program("pause", "x", "--insecure-skip-tls-verify=false")
    assert heard == [ConnectionOptions()]


def test_a_missing_kubeconfig_is_one_line(program: Any, tmp_path: Path) -> None:
    for args in (["status", "x"], ["status", "x", "--kubeconfig", str(tmp_path / "none")]):
        said = program(*args)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("Error: ")
        assert said.err.count("\n") == 1


def test_an_api_that_is_away_is_one_line(program: Any) -> None:
    said = program("status", "x", "--server", "http://127.0.0.1:1")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("Error: cannot reach http://127.0.0.1:1")
    assert said.err.count("\n") == 1


def test_an_api_that_does_not_answer_in_time_is_one_line(serinus: Any, api: Any) -> None:
    api.delay = 5
    said = serinus("abort", "x", "--request-timeout=100ms")
    assert said.code == 1
    assert said.err.startswith("Error: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("command", [["status"], ["get", "rollout"], ["promote"], ["abort"], ["undo"], ["pause"]])
def test_a_rollout_that_is_not_there_is_named(command: list[str], serinus: Any) -> None:
    said = serinus(*command, "ghost")
    assert (said.code, said.err) == (1, 'Error: rollouts.argoproj.io "ghost" not found\n')


@pytest.mark.parametrize(
    "command", [["status", "x"], ["list", "rollouts"], ["abort", "x"], ["set", "image", "x", "a=b"]]
)
def test_a_cluster_without_the_crds_is_told_how_to_get_them(command: list[str], serinus: Any, api: Any) -> None:
    api.missing.add("rollouts")
    said = serinus(*command)
    assert said.code == 1
    assert "serinus crds | kubectl apply" in said.err
    assert said.err.count("\n") == 1


def test_credentials_that_the_api_refuses_are_one_line(serinus: Any, api: Any) -> None:
    api.token = "right"
    said = serinus("status", "x", "--token", "wrong")
    assert said.code == 1
    assert said.err.startswith("Error: Unauthorized")
    assert "wrong" not in said.err


def test_what_is_forbidden_is_one_line(serinus: Any, api: Any) -> None:
    api.forbidden.add("rollouts")
    said = serinus("list", "rollouts")
    assert said.code == 1
    assert said.err.startswith('Error: rollouts is forbidden: User "me" cannot list resource')


def start(*args: str, **more: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "serinus", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


def test_ctrl_c_ends_a_watch_quietly(api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout())
    with start("status", "shop", "--server", api.url) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Paused - CanaryPauseStep\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 130


def test_a_reader_that_has_gone_away_ends_the_program_without_a_word(api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout())
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "serinus", "get", "rollout", "shop", "--server", api.url],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        assert process.communicate(timeout=20)[1] == ""
        assert process.returncode == 1


def test_a_disk_that_is_full_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        argv = [sys.executable, "-m", "serinus", "version"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: No space left on device\n")


@pytest.mark.parametrize("name", ["serinus", "kubectl-argo-rollouts"])
def test_the_api_is_told_which_program_asks(name: str, serinus: Any, api: Any) -> None:
    serinus("list", "rollouts", name=name)
    assert api.agents == {f"{name}/{__version__}"}


def test_requests_are_logged_where_the_user_asks_for_it(api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout())
    with start("pause", "shop", "-v=6", "--server", api.url, "--token", "hush") as process:
        out, err = process.communicate(timeout=20)
    assert out == "rollout 'shop' paused\n"
    assert "PATCH /apis/argoproj.io/v1alpha1/namespaces/default/rollouts/shop" in err
    assert "hush" not in err


def test_names_and_variables_of_the_two_programs() -> None:
    assert executable("/a/b/kubectl-argo-rollouts") == "kubectl-argo-rollouts"
    assert executable("anything") == "serinus"
    assert complete_var("kubectl-argo-rollouts") == "_KUBECTL_ARGO_ROLLOUTS_COMPLETE"
