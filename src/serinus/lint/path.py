"""Ways to values, written and read as the API writes them: ``spec.steps[0].setWeight``."""

import re

from serinus.lint.source import Path

_STEP = re.compile(r"[^.\[\]]+|\[[^\]]*\]")
_WHOLE = re.compile(r"\.?[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*|\[[^\]]*\])*")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


def written(path: Path) -> str:
    """The text of a path; a key that is no plain word stands in brackets, as in ``annotations[a.b/c]``."""
    text = ""
    for step in path:
        if isinstance(step, int) or not _PLAIN.fullmatch(step):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def parsed(text: str) -> Path:
    """The path that a complaint such as ``spec.replicas: Invalid value: …`` begins with; empty without one."""
    head, colon, _ = text.partition(":")
    if not (colon and _WHOLE.fullmatch(head)):
        return ()
    return tuple(_step(step) for step in _STEP.findall(head))


def _step(text: str) -> str | int:
    inner = text.strip("[]")
    return int(inner) if text.startswith("[") and inner.isdecimal() else inner
