"""``completion``: scripts that let a shell complete commands and names."""

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete

from serinus.cli.flags import Command


class _Bash(BashComplete):
    """Without starting a bash to ask for its version: the script may be meant for another machine."""

    @staticmethod
    def _check_version() -> None:
        return None


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": ZshComplete, "fish": FishComplete}

POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName '{program}' -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object {{ $_.Extent.EndOffset -lt $cursorPosition }} | ForEach-Object {{ $_.ToString() }})
    & '{program}' __complete @words "$wordToComplete" 2>$null | Where-Object {{ $_ -notlike ':*' }} | ForEach-Object {{
        $value, $help = $_ -split "`t", 2
        if (-not $help) {{ $help = $value }}
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }}
}}
"""

KUBECTL = """\
#!/bin/sh
# Save as kubectl_complete-argo-rollouts in a directory of the PATH and make it executable:
# kubectl then completes "kubectl argo rollouts" in every shell in which it completes itself.
exec kubectl-argo-rollouts __complete "$@"
"""

_NO_FILES = ":4"
"""The end of an answer to kubectl: do not offer the names of files."""


@click.command(cls=Command)
@click.argument("shell", type=click.Choice([*_SHELLS, "powershell", "kubectl"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that completes commands, flags and Rollouts in a shell.

    In bash: source <(serinus completion bash). For kubectl itself, 'completion kubectl' prints the program
    that kubectl asks.
    """
    program = _program(ctx)
    if shell == "kubectl":
        click.echo(KUBECTL, nl=False)
    elif shell == "powershell":
        click.echo(POWERSHELL.format(program=program), nl=False)
    else:
        variable = f"_{program.replace('-', '_').upper()}_COMPLETE"
        click.echo(_SHELLS[shell](ctx.find_root().command, {}, program, variable).source())


@click.command(
    "__complete",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    add_help_option=False,
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def complete(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Answer in the form that kubectl and its plugins have agreed on: a candidate a line, then a directive."""
    *before, last = words or ("",)
    program = _program(ctx)
    root = ctx.find_root()
    for item in ShellComplete(root.command, {}, root.info_name or program, "").get_completions(before, last):
        click.echo(_line(item))
    click.echo(_NO_FILES)


def _line(item: CompletionItem[str]) -> str:
    return f"{item.value}\t{item.help}" if item.help else str(item.value)


def _program(ctx: click.Context) -> str:
    return (ctx.find_root().info_name or "serinus").replace(" ", "-")
