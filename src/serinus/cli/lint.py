"""``lint``: manifests checked without a cluster."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from serinus.cli.failure import Failure, say
from serinus.cli.flags import Command
from serinus.cli.manifests import STDIN, text_of
from serinus.lint.check import Report, check
from serinus.plugins import PluginError, routers

_ENDINGS = {".yaml", ".yml", ".json"}
_UNREADABLE = 2
"""Exit code when there was nothing to look at; 1 means findings, 0 none or mere warnings."""


@click.command("lint", cls=Command)
@click.option("-f", "--filename", "files", multiple=True, help="File or folder; - is standard input. Repeatable.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", help="Form of the findings.")
@click.pass_context
def lint(ctx: click.Context, files: tuple[str, ...], output: str) -> None:
    """Check manifests without a cluster: Rollouts, Experiments, analyses, and what they name in the same files.

    Exit code 0: nothing is wrong; 1: there are findings beyond warnings; 2: a file cannot be read, or there is none.
    """
    if not files:
        raise click.UsageError("--filename is needed", ctx)
    try:
        texts = {name: text_of(name) for file in files for name in _expand(file)}
        report = check(texts, routers())
    except (Failure, PluginError) as error:
        say(str(error))
        raise click.exceptions.Exit(_UNREADABLE) from None
    _print(report, output)
    if report.errors:
        raise click.exceptions.Exit(1)


def _expand(file: str) -> Iterator[str]:
    """The manifests of a folder, its folders included, or the file itself."""
    path = Path(file)
    if file == STDIN or not path.is_dir():
        yield file
        return
    found = sorted(str(item) for item in path.rglob("*") if item.suffix in _ENDINGS and item.is_file())
    if not found:
        raise Failure(f"{file}: the folder holds no file that ends in {', '.join(sorted(_ENDINGS))}")
    yield from found


def _print(report: Report, output: str) -> None:
    if output == "json":
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
        return
    for finding in report.findings:
        click.echo(str(finding))
    if report.errors:
        files = {finding.file for finding in report.findings if finding.severity == "error"}
        say(f"{_count(report.errors, 'problem')} in {_count(len(files), 'file')}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
