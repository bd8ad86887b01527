"""A condition, read once and evaluated as often as there are results."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from serinus.expr import environment, types
from serinus.expr.check import Checker
from serinus.expr.emit import emit
from serinus.expr.errors import ConditionError, Failure
from serinus.expr.fold import folded
from serinus.expr.frame import Frame
from serinus.expr.incoming import incoming, moment
from serinus.expr.instant import Time
from serinus.expr.limits import TOO_DEEP
from serinus.expr.parse import parse
from serinus.expr.tree import Node
from serinus.expr.types import Type
from serinus.expr.values import ARRAYS, Value, go_type, is_nil

NO_DATA = "metric result is nil or empty: no data returned from the metric provider"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Run = Callable[[Frame], Value]


class Program:
    """A condition that has been read and is known to be well formed.

    It is immutable to its users; for each type of result it keeps what it has
    worked out.
    """

    def __init__(self, text: str, tree: Node) -> None:
        self.text = text
        self._tree = tree
        self._runs: dict[Type, Run] = {}

    def evaluate(self, result: object, now: datetime) -> Value:
        """The condition's value for a result. Raises ConditionError.

        `result` is plain JSON data, or `Floats` for what Prometheus gives; `now`
        must have a time zone.
        """
        return self._guarded(lambda: self._evaluated(result, now))

    def evaluate_alone(self, now: datetime) -> Value:
        """The value of an expression that sees no result. Raises ConditionError."""

        def evaluated() -> Value:
            run = prepared(self._tree, environment.TIME_FUNCTIONS)
            return run(Frame(environment.time_values(), moment(now)))

        return self._guarded(evaluated)

    def _evaluated(self, result: object, now: datetime) -> Value:
        value = incoming(result)
        kind = environment.RESULT_TYPES[type(value)]
        run = self._runs.get(kind)
        if run is None:
            run = self._runs[kind] = prepared(self._tree, environment.condition_types(kind))
        return run(Frame(environment.condition_values(value), moment(now)))

    def _guarded(self, work: Callable[[], Value]) -> Value:
        """Do it, and tell what goes wrong with its place."""
        try:
            return work()
        except Failure as failure:
            raise ConditionError(failure.message, self.text, failure.at) from None
        except RecursionError:
            raise ConditionError(TOO_DEEP) from None


def prepared(tree: Node, known: Mapping[str, Type]) -> Run:
    """Check the types, rewrite and emit. Raises Failure."""
    checker = Checker(known)
    checker.visit(tree)
    return emit(folded(tree, checker.types))


def checked(text: str, known: Mapping[str, Type]) -> Program:
    """Read a text, and refuse what fits no result at all."""
    try:
        tree = parse(text)
        prepared(tree, known)
    except Failure as failure:
        raise ConditionError(failure.message, text, failure.at) from None
    except RecursionError:
        raise ConditionError(TOO_DEEP) from None
    return Program(text, tree)


@lru_cache(maxsize=512)
def compile(text: str) -> Program:  # noqa: A001 - the word for it
    """Read a condition. Raises ConditionError with line, column and pointer.

    What fits no result whatever its type is refused here; the rest when the
    type of the result is known.
    """
    return checked(text, environment.condition_types(types.UNKNOWN))


def evaluate_condition(text: str, result: object, now: datetime) -> bool:
    """Whether a result meets a condition. Raises ConditionError with Argo's message."""
    try:
        value = compile(text).evaluate(result, now)
    except ConditionError as error:
        if is_empty(result):
            raise ConditionError(NO_DATA) from error
        raise
    if value is True or value is False:
        return bool(value)
    raise ConditionError(NO_DATA if is_empty(result) else f"expected bool, but got {go_type(value)}")


def evaluate_time(text: str, now: datetime) -> datetime:
    """The moment that a range query's start or end means. Raises ConditionError."""
    value = compile(text).evaluate_alone(now)
    if not isinstance(value, Time):
        raise ConditionError(f"expected time.Time, but got {go_type(value)}")
    try:
        return EPOCH + timedelta(microseconds=value.nanoseconds // 1000)
    except OverflowError:
        raise ConditionError("the time lies outside of the years 1 to 9999") from None


def is_empty(result: object) -> bool:
    """Whether a provider gave nothing: nil, or an array without elements."""
    return is_nil(result) or (type(result) in ARRAYS | {tuple} and not result)
