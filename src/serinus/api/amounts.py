"""Amounts that manifests write as a number or as text: durations, percentages."""

import re

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_WHOLE = re.compile(rf"[+-]?(?:{_PART.pattern})+")
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_PERCENT = re.compile(r"([0-9]{1,20})%?")

_LONGEST = 2**63 / 1e9
"""The longest duration of Go in seconds, some 292 years: it counts nanoseconds in 64 bits."""
_LONGEST_PAUSE = 2**31 - 1
"""The longest pause in seconds, some 68 years: the API has 32 bits for it."""


def parse_duration(text: str) -> float:
    """Read a Go duration such as ``1h30m`` or ``1.5s``: seconds.

    Raises ValueError, which names the text, when it is none (https://pkg.go.dev/time#ParseDuration).
    """
    if text in {"0", "+0", "-0"}:
        return 0.0
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not a duration: write a number and a unit, as in 30s, 5m or 1h30m")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if seconds >= _LONGEST:
        raise ValueError(f"{text!r} is too long for a duration: the longest is some 292 years")
    return -seconds if text.startswith("-") else seconds


def pause_seconds(duration: int | str) -> int:
    """Read ``pause.duration``: whole seconds, fractions cut; -1 when it cannot be read."""
    try:
        seconds = int(duration) if _is_integer(duration) else int(parse_duration(str(duration)))
    except ValueError:
        return -1
    return seconds if abs(seconds) <= _LONGEST_PAUSE else -1


def _is_integer(duration: int | str) -> bool:
    return isinstance(duration, int) or _INTEGER.fullmatch(duration) is not None


def int_or_percent(value: int | str, total: int, *, round_up: bool) -> int:
    """Read an amount such as ``3`` or ``25%`` of a total.

    A string without a percent sign is a percentage too, as Argo Rollouts reads it. Other text raises ValueError.
    """
    if isinstance(value, int):
        return value
    match = _PERCENT.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is neither a number nor a percentage such as 25%")
    share, rest = divmod(int(match[1]) * total, 100)
    return share + 1 if round_up and rest else share
