"""Commands that are imported when they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from serinus.cli.failure import Failure
from serinus.cli.flags import add_connection_flags, format_flags
from serinus.cli.gostyle import go_style


@dataclass(frozen=True)
class Lazy:
    """Where a command is found (``module:attribute``), and its line in the list of commands."""

    target: str
    summary: str
    aliases: tuple[str, ...] = ()
    is_hidden: bool = False

    def load(self, called: str) -> click.Command:
        """Import the command; a `Failure` says what to install when it cannot be."""
        module, attribute = self.target.split(":")
        try:
            command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if error.name == module:
                raise Failure(f"{called!r} is not part of this version of serinus") from None
            raise Failure(
                f"{called!r} needs the package {error.name!r}, which is not installed; "
                "install serinus with its extras: pip install 'serinus[local]'"
            ) from None
        assert isinstance(command, click.Command)
        return command


class LazyGroup(click.Group):
    """A group whose members are a table of names; listing or completing them imports none."""

    def __init__(self, *args: Any, table: Mapping[str, Lazy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = dict(table)
        add_connection_flags(self)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names that help and completion show."""
        return [name for name, entry in self.table.items() if not entry.is_hidden]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a member by its name or one of its other names."""
        for name, entry in self.table.items():
            if cmd_name == name or cmd_name in entry.aliases:
                return entry.load(f"{ctx.command_path} {name}")
        return None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the flags that stand before the command."""
        return super().parse_args(ctx, list(go_style(self, ctx, args)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, then the flags."""
        self.format_commands(ctx, formatter)
        format_flags(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the members from the table."""
        rows = [(name, entry.summary) for name, entry in self.table.items() if not entry.is_hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Complete a member's name, or a flag."""
        flags = click.Command.shell_complete(self, ctx, incomplete)
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [CompletionItem(name, help=self.table[name].summary) for name in names] + flags
