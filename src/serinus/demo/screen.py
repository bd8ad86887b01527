"""What people see while a demo plays: a live table on a terminal, plain lines elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from serinus.demo.record import Record
from serinus.demo.row import Row
from serinus.demo.scenario import Moment
from serinus.demo.table import Now, details, table_of

REFRESH = 0.2
"""Seconds between two pictures on a terminal."""


class Screen(Protocol):
    """Follows a play."""

    def says(self, text: str) -> None:
        """Tell what goes on outside of any moment."""

    def typed(self, command: str, printed: str) -> None:
        """Show a command and what it printed."""

    def waits(self, moment: Moment, text: str) -> None:
        """Tell what is waited for."""

    def saw(self, row: Row) -> None:
        """Show a row that is complete."""


@asynccontextmanager
async def opened(console: Console, record: Record) -> AsyncIterator[Screen]:
    """Show what fits the place: a live table, or lines."""
    if not console.is_terminal:
        yield Lines(console)
        return
    picture = Picture(record)
    with Live(console=console, auto_refresh=False, get_renderable=picture.render) as live:
        screen = Table(live, picture)
        refreshing = asyncio.create_task(_refresh(live.refresh))
        try:
            yield screen
        finally:
            refreshing.cancel()
            picture.is_over = True


async def _refresh(refresh: Callable[[], None]) -> None:
    while True:
        refresh()
        await asyncio.sleep(REFRESH)


class Lines:
    """A block of plain lines per moment."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def says(self, text: str) -> None:
        self._print(text)

    def typed(self, command: str, printed: str) -> None:
        self._print("\n".join(_dialogue(command, printed)))

    def waits(self, moment: Moment, text: str) -> None:
        self._print(f"… {moment.title}: {text}")

    def saw(self, row: Row) -> None:
        self._print(details(row) + "\n")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class Picture:
    """The live table and the line below it."""

    def __init__(self, record: Record) -> None:
        self.now: tuple[Moment, str] | None = None
        self.text = ""
        self.is_over = False
        """Whether the last picture has been drawn; the final table is printed apart."""
        self._record = record

    def render(self) -> RenderableType:
        """Draw everything as it is now."""
        if self.is_over:
            return Text("")
        record, tally = self._record, self._record.tally
        sample = tally.sample.answers if tally.sample else {}
        is_measured = self.now is not None and self.now[1].endswith("requests")
        now = Now(self.now[0], self.now[1], sample if is_measured else {}) if self.now else None
        counted = f"{tally.requests:,} requests, {tally.failed} failed" if tally.requests else self.text
        return Group(
            table_of(record.scenario, record.rows, now), Text(counted, style="bold" if tally.failed else "dim")
        )


class Table:
    """The live table, with what was typed above it."""

    def __init__(self, live: Live, picture: Picture) -> None:
        self._live = live
        self._picture = picture

    def says(self, text: str) -> None:
        self._picture.text = text

    def typed(self, command: str, printed: str) -> None:
        for line in _dialogue(command, printed):
            self._live.console.print(line, markup=False, highlight=False, style="bold" if line.startswith("$") else "")

    def waits(self, moment: Moment, text: str) -> None:
        self._picture.now = (moment, text)

    def saw(self, row: Row) -> None:  # noqa: ARG002 - the picture reads it from the record
        self._picture.now = None


def _dialogue(command: str, printed: str) -> list[str]:
    return [f"$ {command}", *(f"  {line}" for line in printed.splitlines())]
