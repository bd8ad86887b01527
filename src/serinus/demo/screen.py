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
from serinus.demo.table import Now, details, table_of

REFRESH = 0.2
"""Seconds between two pictures on a terminal."""
ROW, JUDGED, FRAME = 3, 8, 6
"""Lines of a terminal that a row may take, one with an analysis, and those around the rows."""


class Screen(Protocol):
    """Follows a play."""

    def says(self, text: str) -> None:
        """Tell what goes on outside of any moment."""

    def typed(self, command: str, printed: str) -> None:
        """Show a command and what it printed."""

    def tells(self, text: str) -> None:
        """Tell what has happened in the cluster by itself."""

    def waits(self, now: Now) -> None:
        """Tell what goes on at a moment; its answers may grow until the row is seen."""

    def saw(self, row: Row) -> None:
        """Show a row that is complete."""


@asynccontextmanager
async def opened(console: Console, record: Record) -> AsyncIterator[Screen]:
    """Show what fits the place: a live table, or lines."""
    if not console.is_terminal:
        yield Lines(console)
        return
    picture = Picture(record, console.height)
    with Live(console=console, auto_refresh=False, get_renderable=picture.render) as live:
        refreshing = asyncio.create_task(_refresh(live.refresh))
        try:
            yield LiveTable(live, picture)
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

    def tells(self, text: str) -> None:
        self._print(f"  {text}")

    def waits(self, now: Now) -> None:
        self._print(f"… {now.moment.title}: {now.text}")

    def saw(self, row: Row) -> None:
        self._print(details(row) + "\n")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class Picture:
    """The live table and the line below it."""

    def __init__(self, record: Record, height: int) -> None:
        self.now: Now | None = None
        self.text = ""
        self.is_over = False
        """Whether the last picture has been drawn; the final table is printed apart."""
        self._record = record
        self._height = height

    def render(self) -> RenderableType:
        """Draw everything as it is now, without the oldest rows where the terminal is too low for all."""
        if self.is_over:
            return Text("")
        record, tally = self._record, self._record.tally
        to_come = len(record.scenario.moments) - len(record.rows)
        room = (self._height - FRAME - to_come) // (JUDGED if record.scenario.measured else ROW)
        text = f"{tally.requests:,} requests, {tally.failed} failed" if tally.requests else self.text
        return Group(
            table_of(record.scenario, record.rows, self.now, skip=max(0, len(record.rows) - max(1, room))),
            Text(text, style="bold red" if tally.failed else "dim"),
        )


class LiveTable:
    """The live table, with what was typed above it."""

    def __init__(self, live: Live, picture: Picture) -> None:
        self._live = live
        self._picture = picture

    def says(self, text: str) -> None:
        self._picture.text = text

    def typed(self, command: str, printed: str) -> None:
        for line in _dialogue(command, printed):
            self._live.console.print(line, markup=False, highlight=False, style="bold" if line.startswith("$") else "")

    def tells(self, text: str) -> None:
        self._live.console.print(f"  {text}", markup=False, highlight=False)

    def waits(self, now: Now) -> None:
        self._picture.now = now

    def saw(self, row: Row) -> None:  # noqa: ARG002 - the picture reads it from the record
        self._picture.now = None


def _dialogue(command: str, printed: str) -> list[str]:
    return [f"$ {command}", *(f"  {line}" for line in printed.splitlines())]
