"""Where a live view is drawn: again and again on a terminal, block after block elsewhere."""

import sys

import click

CLEAR = "\x1b[H\x1b[2J"
"""Cursor to the first column of the first line, and nothing left on the screen."""


def is_terminal() -> bool:
    """Whether a person looks at a screen that can be cleared."""
    return sys.stdout.isatty()


def redraw(text: str) -> None:
    """Show a text alone on the screen."""
    click.echo(CLEAR + text, nl=False, color=True)
