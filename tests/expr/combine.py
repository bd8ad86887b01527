"""Every operator and every function with values of all types."""

from collections.abc import Iterator

from serinus.expr.precedence import LEVELS
from serinus.expr.signatures import BUILTINS, PREDICATES

VALUES = [
    *("nil", "true", "7", "-2.5", '"ab"', '"5"', 'b"ab"', '"ab"[0]', 'asInt("3")', "[1, 2.0]", '["b", "a"]', "1..3"),
    *('split("b,a", ",")', "{a: 1}", "fromPairs([[1, 2]])", "toPairs({a: 1})", "groupBy([1, 2], # > 0)"),
    *(
        'date("2023-08-14")',
        'duration("1h")',
        'date("2023-08-14").Month()',
        'timezone("Europe/Zurich")',
        "asInt",
        "1/0",
        "0/0",
    ),
]
ORDINARY = ["nil", "true", "7", "-2.5", '"ab"', 'b"ab"', '"ab"[0]', "[1, 2.0]", "{a: 1}", 'duration("1h")']
SEARCHES = {"findLast", "findLastIndex"}
"""Functions that break the stack of expr-lang where they stand behind an operand."""

PRINTS = {"string", "toJSON"}
"""Functions that print the address of a function."""


def untold(value: str) -> str:
    """The same value where the checker cannot know its type."""
    return f'[{value}, "", 1][0]'


def operators() -> Iterator[str]:
    """Each operator between two values, whose types are known and not."""
    for operator in LEVELS:
        for left in ORDINARY:
            for right in ORDINARY:
                yield f"{left} {operator} {right}"
                yield f"{untold(left)} {operator} {untold(right)}"


def signs() -> Iterator[str]:
    """What stands before or behind one value."""
    for value in [*VALUES, *map(untold, VALUES)]:
        yield from (f"-{value}", f"+({value})", f"not {value}", f"({value})[0]", f"({value}).a", f"({value})?.a")
        yield from (f"({value})[1:]", f"({value})[:{value}]", f"({value}) ?? 1", f"({value}) ? 1 : 2", f"[1][{value}]")
        yield from (
            f"{{a: 1}}[{value}]",
            f"{{({value}): 1}}",
            f"({value})()",
            f"({value}) == ({value})",
            f"({value}).Year()",
        )


def functions() -> Iterator[str]:
    """Each function with one value, and with some second ones."""
    for name in sorted(BUILTINS - SEARCHES):
        for value in [*VALUES, *map(untold, VALUES)]:
            if name in PREDICATES:
                yield from (f"{name}({value}, # == 1)", f"{name}({value}, true)", f"{name}([1, 2], {value})")
            elif name not in PRINTS or "asInt" not in value:
                yield f"{name}({value})"
        if name not in PREDICATES:
            for second in [*ORDINARY, *map(untold, ORDINARY)]:
                yield from (f"{name}({first}, {second})" for first in ('"ab"', "[1, 2]", "6"))
