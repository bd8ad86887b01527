"""What every function of the language takes and gives."""

from serinus.expr.types import (
    ANY,
    ANYS,
    DURATION,
    ERROR,
    FLOATS,
    INT,
    INTS,
    LOCATION,
    STRING,
    STRINGS,
    Signature,
    Type,
)

PREDICATES = {
    **dict.fromkeys(["all", "none", "any", "one", "filter", "map", "groupBy"], (2, 2)),
    **dict.fromkeys(["find", "findIndex", "findLast", "findLastIndex"], (2, 2)),
    "count": (1, 2),
    "sum": (1, 2),
    "sortBy": (2, 3),
    "reduce": (2, 3),
}
"""Functions with a predicate in the second place, and how many arguments they take."""

Overloads = tuple[Signature, ...]


def _gives(result: Type, *params: tuple[Type, ...]) -> Overloads:
    return tuple(Signature(taken, (result,)) for taken in params)


_TRIMMED = _gives(STRING, (STRING,), (STRING, STRING))
_SPLIT = _gives(STRINGS, (STRING, STRING), (STRING, STRING, INT))
_BITS = _gives(INT, (INT, INT))

OVERLOADS: dict[str, Overloads] = {
    "type": _gives(STRING, (ANY,)),
    "string": _gives(STRING, (ANY,)),
    "trim": _TRIMMED,
    "trimPrefix": _TRIMMED,
    "trimSuffix": _TRIMMED,
    "upper": _gives(STRING, (STRING,)),
    "lower": _gives(STRING, (STRING,)),
    "split": _SPLIT,
    "splitAfter": _SPLIT,
    "replace": _gives(STRING, (STRING, STRING, STRING, INT), (STRING, STRING, STRING)),
    "repeat": _gives(STRING, (STRING, INT)),
    "join": _gives(STRING, (STRINGS, STRING), (ANYS, STRING), (ANYS,), (STRINGS,)),
    "indexOf": _gives(INT, (STRING, STRING)),
    "lastIndexOf": _gives(INT, (STRING, STRING)),
    "hasPrefix": _gives(Type("bool", "bool"), (STRING, STRING)),
    "hasSuffix": _gives(Type("bool", "bool"), (STRING, STRING)),
    "toJSON": _gives(STRING, (ANY,)),
    "fromJSON": _gives(ANY, (STRING,)),
    "toBase64": _gives(STRING, (STRING,)),
    "fromBase64": _gives(STRING, (STRING,)),
    "duration": (Signature((STRING,), (DURATION, ERROR)),),
    "timezone": (Signature((STRING,), (LOCATION, ERROR)),),
    "sort": _gives(
        ANYS,
        *((taken, STRING) for taken in (ANYS, INTS, FLOATS, STRINGS)),
        *((taken,) for taken in (ANYS, INTS, FLOATS, STRINGS)),
    ),
    **dict.fromkeys(["bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr"], _BITS),
    "bitnot": _gives(INT, (INT,)),
}
"""Functions with fixed parameters; of several forms the first that fits counts."""

VALIDATED = [
    "len",
    "abs",
    "ceil",
    "floor",
    "round",
    "int",
    "float",
    "max",
    "min",
    "mean",
    "median",
    "now",
    "date",
    "first",
    "last",
    "get",
    "take",
    "keys",
    "values",
    "toPairs",
    "fromPairs",
    "reverse",
    "uniq",
    "concat",
    "flatten",
]
"""Functions whose result depends on their arguments: see validate.py."""

BUILTINS = frozenset([*PREDICATES, *OVERLOADS, *VALIDATED])
