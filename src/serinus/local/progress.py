"""How far a long piece of work has come, on a terminal and elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

PLAIN_STEP = 10
"""Percent between two lines where no terminal is."""


class Progress(Protocol):
    """Tells somebody who waits how far the work has come."""

    def say(self, text: str) -> None:
        """Name what is going on now, where no end can be foreseen."""

    def reach(self, done: int, total: int) -> None:
        """Report that `done` of `total` parts are ready."""


@contextmanager
def shown(title: str, stream: TextIO | None = None) -> Iterator[Progress]:
    """Show a bar on a terminal, plain lines otherwise (on standard error)."""
    stream = stream or sys.stderr
    if stream.isatty():
        with _bar(title, stream) as bar:
            yield bar
    else:
        yield Lines(title, stream)


class Lines:
    """One plain line per message, and per tenth of the way."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title = title
        self._stream = stream
        self._next = 0

    def say(self, text: str) -> None:
        print(f"{self._title}: {text}", file=self._stream, flush=True)

    def reach(self, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if percent >= self._next:
            self.say(f"{percent} % ({done} of {total} packages)")
            self._next = percent // PLAIN_STEP * PLAIN_STEP + PLAIN_STEP


@contextmanager
def _bar(title: str, stream: TextIO) -> Iterator[Progress]:
    """Draw with rich, which is slow to import and not needed elsewhere."""
    from rich import progress as rich  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TimeElapsedColumn(),
    )
    with rich.Progress(*columns, console=Console(file=stream)) as display:
        task = display.add_task(title, total=None)

        class Bar:
            def say(self, text: str) -> None:
                display.update(task, description=f"{title}: {text}")

            def reach(self, done: int, total: int) -> None:
                text = f"{title}: {done} of {total} packages"
                display.update(task, completed=done, total=total, description=text)

        yield Bar()
