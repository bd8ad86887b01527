"""Columns of text."""

from collections.abc import Callable, Iterable, Sequence

GAP = 2


def align(
    rows: Sequence[Sequence[str]], paint: Callable[[int, str], str] = lambda _column, text: text
) -> Iterable[str]:
    """Write rows as lines whose columns stand below each other, two spaces apart.

    ``paint`` colours a cell, given its column; widths are those of the bare text.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        last = max((number for number, cell in enumerate(row) if cell), default=0)
        cells = (
            paint(number, cell) + " " * (widths[number] + GAP - len(cell) if number < last else 0)
            for number, cell in enumerate(row[: last + 1])
        )
        yield "".join(cells)
