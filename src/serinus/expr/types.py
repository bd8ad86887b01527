"""The Go types that expr's checker tells apart before anything is evaluated."""

from dataclasses import dataclass, replace

INTEGER_NAMES = {"int", "int64", "uint8"}


@dataclass(frozen=True)
class Type:
    """A Go type, and what is known of the elements.

    `name` is Go's, `kind` that of its reflection. `unknown` is what can be
    anything; `interface` is Go's `any`, which can be anything as well.
    """

    name: str
    kind: str
    elem: "Type | None" = None
    key: "Type | None" = None
    signature: "Signature | None" = None

    @property
    def unknown(self) -> bool:
        """Whether only the evaluation will tell."""
        return self.kind in {"unknown", "interface"}

    @property
    def nil(self) -> bool:
        """Whether it is the type of nil."""
        return self.kind == "nil"

    @property
    def integer(self) -> bool:
        """Whether it is a plain integer: not a month, not a duration."""
        return self.name in INTEGER_NAMES

    @property
    def number(self) -> bool:
        """Whether it is a plain number."""
        return self.integer or self.name == "float64"

    @property
    def array(self) -> bool:
        """Whether it has elements in order."""
        return self.kind in {"slice", "array"}


@dataclass(frozen=True)
class Signature:
    """Parameters and results of a function."""

    params: tuple[Type, ...]
    results: tuple[Type, ...]


UNKNOWN = Type("unknown", "unknown")
NIL = Type("nil", "nil")
ANY = Type("interface {}", "interface")
BOOL = Type("bool", "bool")
INT = Type("int", "int")
INT64 = Type("int64", "int64")
UINT8 = Type("uint8", "uint8")
FLOAT = Type("float64", "float64")
STRING = Type("string", "string")
BYTES = Type("[]uint8", "slice", UINT8)
ANYS = Type("[]interface {}", "slice", ANY)
INTS = Type("[]int", "slice", INT)
FLOATS = Type("[]float64", "slice", FLOAT)
STRINGS = Type("[]string", "slice", STRING)
MAP = Type("map[string]interface {}", "map", ANY, STRING)
ANY_MAP = Type("map[interface {}]interface {}", "map", ANY, ANY)
GROUPS = Type("map[interface {}][]interface {}", "map", ANYS, ANY)
TIME = Type("time.Time", "struct")
DURATION = Type("time.Duration", "int64")
MONTH = Type("time.Month", "int")
WEEKDAY = Type("time.Weekday", "int")
LOCATION = Type("*time.Location", "ptr")
ERROR = Type("error", "error")
BUILTIN = Type("func(...interface {}) (interface {}, error)", "func")


def array_of(elem: Type) -> Type:
    """A []any whose elements are known."""
    return replace(ANYS, elem=elem)


def function(params: tuple[Type, ...], *results: Type) -> Type:
    """The type of a function."""
    taken = ", ".join(param.name for param in params)
    given = ", ".join(result.name for result in results)
    name = f"func({taken}) {given if len(results) == 1 else f'({given})'}"
    return Type(name, "func", signature=Signature(params, results))


def assignable(one: Type, other: Type) -> bool:
    """Whether Go would assign a value of the one type to the other."""
    if one.nil:
        return other.kind in {"ptr", "interface", "func", "map", "slice"}
    if "unknown" in {one.kind, other.kind} or other.nil:
        return False
    return other.kind == "interface" or one.name == other.name


def comparable(one: Type, other: Type) -> bool:
    """Whether `==` may stand between them."""
    if one.unknown or other.unknown or one.nil or other.nil:
        return True
    return (one.number and other.number) or (one.array and other.array) or assignable(one, other)
