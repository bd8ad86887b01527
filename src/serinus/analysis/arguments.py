"""Arguments of an analysis, and how metrics come to hold their values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from serinus.api.analysis import Argument, Metric

OPEN, CLOSE = "{{", "}}"
MASK = "*****"
"""What stands for a secret wherever its value must not."""


class ArgumentError(Exception):
    """An argument without a value, or a metric that names one that does not exist."""


def values_of(args: Sequence[Argument], secrets: Mapping[str, str] | None = None) -> dict[str, str]:
    """The value of every argument; that of a secret is in ``secrets`` by the argument's name, else masked.

    Raises ArgumentError for an argument that has no value: other sources than Secrets are read by whoever makes a run.
    """
    values = {}
    for arg in args:
        value = (secrets or {}).get(arg.name, MASK) if is_secret(arg) else arg.value
        if value is None:
            raise ArgumentError(f'argument "{arg.name}" was not supplied')
        values[arg.name] = value
    return values


def is_secret(arg: Argument) -> bool:
    """Whether an argument's value is read from a Secret, whatever value stands beside it."""
    return arg.value_from is not None and arg.value_from.secret_key_ref is not None


def resolved(metric: Metric, values: Mapping[str, str]) -> Metric:
    """A metric with ``{{args.name}}`` replaced in all its texts. Raises ArgumentError."""
    if OPEN.encode() not in msgspec.json.encode(metric):
        return metric
    return msgspec.convert(_walked(msgspec.to_builtins(metric), lambda text: substituted(text, values)), Metric)


def substituted(text: str, values: Mapping[str, str]) -> str:
    """A text with ``{{args.name}}`` replaced; blanks inside the braces do not count. Raises ArgumentError."""
    parts, unresolved = [], ""
    rest = text
    while True:
        before, found, after = rest.partition(OPEN)
        parts.append(before)
        if not found:
            break
        tag, closed, rest = after.partition(CLOSE)
        if not closed:
            raise ArgumentError(f"{OPEN} without {CLOSE} in {text!r}")
        name = tag.strip().removeprefix("args.")
        if tag.strip().startswith("args.") and name in values:
            parts.append(values[name])
        else:
            unresolved = f"failed to resolve {OPEN}{tag}{CLOSE}"
    if unresolved:
        raise ArgumentError(unresolved)
    return "".join(parts)


def _walked(data: Any, change: Callable[[str], str]) -> Any:
    """Plain data with all its texts changed, the keys of its maps included."""
    match data:
        case str():
            return change(data)
        case list() | tuple():
            return [_walked(item, change) for item in data]
        case dict():
            return {change(key): _walked(value, change) for key, value in data.items()}
        case _:
            return data
