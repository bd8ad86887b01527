"""What functions give whose result depends on what they take."""

from collections.abc import Callable, Sequence

from serinus.expr.errors import Failure
from serinus.expr.types import ANY, ANY_MAP, ANYS, FLOAT, INT, LOCATION, TIME, Type

Types = Sequence[Type]
NUMERIC_KINDS = {"int", "int64", "uint8", "float64"}
LISTS = {"interface", "unknown", "slice", "array"}
MAPS = {"interface", "unknown", "map"}


def result_type(name: str, args: Types) -> Type:
    """The type of the result. Raises Failure when the arguments do not fit."""
    return RULES[name](name, args)


def length(name: str, args: Types) -> Type:
    """`len`: texts, arrays and maps."""
    counted(args, 1)
    return expect(name, args[0], LISTS | MAPS | {"string"}, INT)


def magnitude(name: str, args: Types) -> Type:
    """`abs` keeps the type."""
    counted(args, 1)
    return expect(name, args[0], NUMERIC_KINDS | {"interface", "unknown"}, as_any(args[0]))


def rounded(name: str, args: Types) -> Type:
    """`ceil`, `floor` and `round` give floats."""
    counted(args, 1)
    return expect(name, args[0], NUMERIC_KINDS | {"interface", "unknown"}, FLOAT)


def converted(name: str, args: Types) -> Type:
    """`int` and `float` take numbers and texts."""
    counted(args, 1)
    result = INT if name == "int" else FLOAT
    return expect(name, args[0], NUMERIC_KINDS | {"interface", "unknown", "string"}, result)


def aggregated(name: str, args: Types) -> Type:
    """`max`, `min`, `mean` and `median` take numbers and arrays of them."""
    if not args:
        raise Failure(f"not enough arguments to call {name}")
    for arg in args:
        if arg.kind in LISTS:
            return ANY
        expect(name, arg, NUMERIC_KINDS, ANY)
    return args[0]


def current(_name: str, args: Types) -> Type:
    """`now` takes nothing, or a time zone."""
    if args and (len(args) > 1 or args[0] != LOCATION):
        raise Failure(f"invalid number of arguments (expected 0, got {len(args)})")
    return TIME


def parsed(_name: str, args: Types) -> Type:
    """`date` takes a text, a layout and a zone, and a time zone before them."""
    if not args:
        raise Failure("invalid number of arguments (expected at least 1, got 0)")
    rest = args[1:] if args[0] == LOCATION else args
    if len(rest) > 3:
        raise Failure(f"invalid number of arguments (expected at most 3, got {len(rest)})")
    return TIME


def end(name: str, args: Types) -> Type:
    """`first` and `last` give an element."""
    counted(args, 1)
    expect(name, args[0], LISTS, ANY)
    return plain_elem(args[0])


def taken(name: str, args: Types) -> Type:
    """`take` keeps the type."""
    counted(args, 2)
    expect(name, args[0], LISTS, ANY)
    expect(name, args[1], {"interface", "unknown", "int", "int64"}, ANY)
    return without_elem(args[0])


def listed(name: str, args: Types) -> Type:
    """`keys`, `values` and `toPairs` turn a map into an array."""
    counted(args, 1)
    return expect(name, args[0], MAPS, ANYS)


def mapped(name: str, args: Types) -> Type:
    """`fromPairs` turns an array into a map."""
    counted(args, 1)
    return expect(name, args[0], LISTS, ANY_MAP)


def rearranged(name: str, args: Types) -> Type:
    """`reverse`, `uniq` and `flatten` give a new array."""
    counted(args, 1)
    return expect(name, args[0], LISTS, ANYS)


def joined(name: str, args: Types) -> Type:
    """`concat` takes arrays."""
    if not args:
        raise Failure("invalid number of arguments (expected at least 1, got 0)")
    for arg in args:
        expect(name, arg, LISTS, ANYS)
    return ANYS


def counted(args: Types, count: int) -> None:
    """Refuse another number of arguments."""
    if len(args) != count:
        raise Failure(f"invalid number of arguments (expected {count}, got {len(args)})")


def expect(name: str, arg: Type, kinds: set[str], result: Type) -> Type:
    """The result, if the argument is of one of the kinds."""
    if arg.kind not in kinds:
        raise Failure(f"invalid argument for {name} (type {arg.name})")
    return result


def as_any(arg: Type) -> Type:
    """Go has no unknown types, only `any`."""
    return ANY if arg.unknown else arg


def plain_elem(arg: Type) -> Type:
    """The element's type as Go's reflection tells it."""
    if arg.name == ANYS.name or arg.elem is None:
        return ANY
    return arg.elem


def without_elem(arg: Type) -> Type:
    """The type as Go's reflection tells it."""
    return ANYS if arg.name == ANYS.name else as_any(arg)


RULES: dict[str, Callable[[str, Types], Type]] = {
    "len": length,
    "abs": magnitude,
    **dict.fromkeys(["ceil", "floor", "round"], rounded),
    **dict.fromkeys(["int", "float"], converted),
    **dict.fromkeys(["max", "min", "mean", "median"], aggregated),
    "now": current,
    "date": parsed,
    **dict.fromkeys(["first", "last"], end),
    "take": taken,
    **dict.fromkeys(["keys", "values", "toPairs"], listed),
    "fromPairs": mapped,
    **dict.fromkeys(["reverse", "uniq", "flatten"], rearranged),
    "concat": joined,
}
