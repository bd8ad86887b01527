"""Colours, where they help and the terminal has them."""

import os
import re
import sys
from collections.abc import Callable

import click

from serinus.view.health import Health

_COLOURS = {
    Health.OK: "green",
    Health.PROGRESSING: "cyan",
    Health.PENDING: "cyan",
    Health.PAUSED: "yellow",
    Health.UNKNOWN: "yellow",
    Health.BAD: "red",
    Health.ERROR: "red",
    Health.SCALED_DOWN: "bright_black",
}
_ROLES = {
    "stable": "green",
    "active": "green",
    "canary": "yellow",
    "preview": "yellow",
    "ping": "bright_blue",
    "pong": "bright_blue",
}
_SIGN = re.compile("[" + re.escape("".join(health.value for health in Health)) + "](?= )")
_ROLE = re.compile(r"\b(" + "|".join(_ROLES) + r")\b")


class Paint:
    """Colours signs and roles in a text; or leaves it as it is."""

    def __init__(self, *, is_on: bool) -> None:
        self.is_on = is_on

    def signs(self, text: str) -> str:
        """Colour the sign of a health before a word."""
        return self._each(_SIGN, text, lambda sign: _COLOURS[Health(sign)])

    def roles(self, text: str) -> str:
        """Colour the names of roles, such as stable."""
        return self._each(_ROLE, text, lambda role: _ROLES[role])

    def _each(self, pattern: re.Pattern[str], text: str, colour: Callable[[str], str]) -> str:
        if not self.is_on:
            return text
        return pattern.sub(lambda match: click.style(match[0], fg=colour(match[0])), text)


def choose_paint(*, no_color: bool) -> Paint:
    """Colours for a terminal, unless the user wants none (flag, ``NO_COLOR`` or a dumb terminal)."""
    is_plain = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Paint(is_on=not is_plain and sys.stdout.isatty())
