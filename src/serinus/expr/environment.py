"""The names that a condition finds: `result`, and the functions of Argo Rollouts."""

import math
from collections.abc import Callable, Mapping

from serinus.expr import types
from serinus.expr.errors import Failure
from serinus.expr.numbers import read_float, read_int
from serinus.expr.types import Type, function
from serinus.expr.values import NUMBERS, Floats, Function, Int64, Value, go_type, is_nil, truncate

CONDITION_FUNCTIONS: dict[str, Type] = {
    "asInt": function((types.ANY,), types.INT64),
    "asFloat": function((types.ANY,), types.FLOAT),
    "isNaN": function((types.FLOAT,), types.BOOL),
    "isInf": function((types.FLOAT,), types.BOOL),
    "isNil": function((types.ANY,), types.BOOL),
    "default": function((types.ANY, types.ANY), types.ANY),
}
TIME_FUNCTIONS = {name: CONDITION_FUNCTIONS[name] for name in ("isNaN", "isInf")}
"""What the start and end of a range query find."""

RESULT_TYPES: dict[type, Type] = {
    type(None): types.NIL,
    bool: types.BOOL,
    float: types.FLOAT,
    str: types.STRING,
    Floats: types.FLOATS,
    list: types.ANYS,
    dict: types.MAP,
}


def condition_types(result: Type) -> dict[str, Type]:
    """The types of a condition's names, for a result of a type."""
    return {"result": result, **CONDITION_FUNCTIONS}


def condition_values(result: Value) -> dict[str, Value]:
    """A condition's names. `isNil` and `default` look at the result, whatever they are given."""
    made: dict[str, Callable[..., Value]] = {
        **FUNCTIONS,
        "isNil": lambda _value: is_nil(result),
        "default": lambda _value, instead: instead if is_nil(result) else result,
    }
    return {"result": result, **made_functions(CONDITION_FUNCTIONS, made)}


def time_values() -> dict[str, Value]:
    """The names of a time expression."""
    return made_functions(TIME_FUNCTIONS, FUNCTIONS)


def made_functions(known: Mapping[str, Type], calls: Mapping[str, Callable[..., Value]]) -> dict[str, Value]:
    """Functions as values, which refuse another number of arguments."""
    return {name: Function(name, kind.name, counted(calls[name], kind)) for name, kind in known.items()}


def counted(call: Callable[..., Value], kind: Type) -> Callable[..., Value]:
    """A function that refuses another number of arguments."""
    assert kind.signature is not None
    expected = len(kind.signature.params)

    def checked(*arguments: Value) -> Value:
        if len(arguments) != expected:
            raise Failure(f"invalid number of arguments: expected {expected}, got {len(arguments)}")
        return call(*arguments)

    return checked


def as_int(value: Value) -> Int64:
    """Any number, cut off to an integer, or decimal digits."""
    if type(value) is str:
        return Int64(read_int(value))
    if type(value) in NUMBERS:
        return Int64(truncate(value) if type(value) is float else int(value))
    raise Failure(f"asInt() not supported on {go_type(value)}")


def as_float(value: Value) -> float:
    """Any number, or a number in a text."""
    if type(value) is str:
        return read_float(value)
    if type(value) in NUMBERS:
        return float(value)
    raise Failure(f"asFloat() not supported on {go_type(value)}")


def is_nan(value: Value) -> bool:
    """Whether a float is no number."""
    return math.isnan(exact_float(value))


def is_inf(value: Value) -> bool:
    """Whether a float is infinite."""
    return math.isinf(exact_float(value))


def exact_float(value: Value) -> float:
    """A float64. Raises Failure for an integer, which Go does not turn into one."""
    if type(value) is not float:
        raise Failure(f"interface conversion: interface {{}} is {go_type(value)}, not float64")
    return value


FUNCTIONS: dict[str, Callable[..., Value]] = {"asInt": as_int, "asFloat": as_float, "isNaN": is_nan, "isInf": is_inf}
