"""Amounts that manifests write as a number or as text: durations, percentages."""

import math
import re

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_WHOLE = re.compile(rf"[+-]?(?:{_PART.pattern})+")
_INTEGER = re.compile(r"[+-]?\d+")
_PERCENT = re.compile(r"(\d+)%?")


def parse_duration(text: str) -> float:
    """Read a Go duration such as ``1h30m`` or ``1.5s``: seconds.

    Raises ValueError, which names the text, when it is none (https://pkg.go.dev/time#ParseDuration).
    """
    if text in {"0", "+0", "-0"}:
        return 0.0
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration: write a number and a unit, as in 30s, 5m or 1h30m")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return -seconds if text.startswith("-") else seconds


def pause_seconds(duration: int | str) -> int:
    """Read ``pause.duration``: whole seconds, fractions cut; -1 when it cannot be read."""
    if isinstance(duration, int):
        return duration
    if _INTEGER.fullmatch(duration):
        return int(duration)
    try:
        return int(parse_duration(duration))
    except ValueError:
        return -1


def int_or_percent(value: int | str, total: int, *, round_up: bool) -> int:
    """Read an amount such as ``3`` or ``25%`` of a total.

    A string without a percent sign is a percentage too, as Argo Rollouts reads it. Other text raises ValueError.
    """
    if isinstance(value, int):
        return value
    match = _PERCENT.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is neither a number nor a percentage such as 25%")
    share = int(match[1]) * total / 100
    return math.ceil(share) if round_up else math.floor(share)
