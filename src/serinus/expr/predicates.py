"""Functions that run a predicate over the elements of an array."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from serinus.expr.access import HIDDEN, items
from serinus.expr.arithmetic import add
from serinus.expr.errors import Failure
from serinus.expr.frame import Frame, Scope
from serinus.expr.keys import entry_key
from serinus.expr.lists import direction, sorted_by
from serinus.expr.tree import Builtin, Node, size
from serinus.expr.values import Keyed, Value, go_type

Run = Callable[[Frame], Value]
OUT_OF_RANGE = "reflect: slice index out of range"


@dataclass(frozen=True)
class Loop:
    """A function's parts: what it runs over, the predicate, the rest."""

    node: Builtin
    collection: Run
    body: Run | None
    then: Run | None
    third: Run | None
    cost: int

    def each(self, frame: Frame, *, backwards: bool = False) -> Iterator[Value]:
        """What the predicate gives for each element; the scope tells which one."""
        values = items(self.collection(frame))
        order = range(len(values) - 1, -1, -1) if backwards else range(len(values))
        return self.run(frame, values, order)

    def run(self, frame: Frame, values: list[Value], order: range, gathered: Value = None) -> Iterator[Value]:
        """The same, over elements that are known already."""
        scope = Scope(gathered=gathered)
        for place in order:
            frame.meter.step(self.cost)
            frame.scope = scope
            scope.item, scope.index = values[place], place
            yield self.body(frame) if self.body else scope.element()

    def hits(self, frame: Frame, *, backwards: bool = False) -> Iterator[bool]:
        """The same for a predicate that must give a bool."""
        for result in self.each(frame, backwards=backwards):
            if result is not True and result is not False:
                raise Failure(f"interface conversion: interface {{}} is {go_type(result)}, not bool")
            yield result

    def third_value(self, frame: Frame, values: list[Value]) -> Value:
        """The third argument. As in expr, `#` in it is the first element."""
        if self.third is None:
            return None
        frame.scope = Scope(values[0] if values else HIDDEN)
        return self.third(frame)

    def picked(self, frame: Frame) -> Value:
        """The element that was hit, or what becomes of it."""
        return self.then(frame) if self.then else frame.scope.element()


def emit_predicate(node: Builtin, emit: Callable[[Node], Run]) -> Run:
    """A closure that evaluates the function."""
    first, *rest = node.arguments
    loop = Loop(
        node,
        emit(first),
        emit(rest[0]) if rest else None,
        emit(node.then) if node.then else None,
        emit(rest[1]) if len(rest) > 1 else None,
        size(rest[0]) if rest else 1,
    )
    function = LOOPS[node.name]

    def call(frame: Frame) -> Value:
        outer = frame.scope
        try:
            return function(loop, frame)
        finally:
            frame.scope = outer

    return call


def all_(loop: Loop, frame: Frame) -> bool:
    return all(loop.hits(frame))


def none(loop: Loop, frame: Frame) -> bool:
    return not any(loop.hits(frame))


def any_(loop: Loop, frame: Frame) -> bool:
    return any(loop.hits(frame))


def one(loop: Loop, frame: Frame) -> bool:
    return sum(loop.hits(frame)) == 1


def filter_(loop: Loop, frame: Frame) -> list[Value]:
    kept = [loop.picked(frame) for hit in loop.hits(frame) if hit]
    frame.meter.grow(len(kept))
    return kept


def map_(loop: Loop, frame: Frame) -> list[Value]:
    made = list(loop.each(frame))
    frame.meter.grow(len(made))
    return made


def count(loop: Loop, frame: Frame) -> int:
    counted = 0
    for hit in loop.hits(frame):
        counted += hit
        if counted == loop.node.threshold:
            break
    return counted


def sum_(loop: Loop, frame: Frame) -> Value:
    total: Value = 0
    for value in loop.each(frame):
        total = add(value, total, frame.meter)
    return total


def find(loop: Loop, frame: Frame) -> Value:
    return search(loop, frame, backwards=False)


def find_last(loop: Loop, frame: Frame) -> Value:
    return search(loop, frame, backwards=True)


def search(loop: Loop, frame: Frame, *, backwards: bool) -> Value:
    """The first hit from one end; nil, or an error, where there is none."""
    for hit in loop.hits(frame, backwards=backwards):
        if hit:
            return loop.picked(frame)
    if loop.node.throws:
        raise Failure(OUT_OF_RANGE)
    return None


def find_index(loop: Loop, frame: Frame) -> int | None:
    return next((frame.scope.index for hit in loop.hits(frame) if hit), None)


def find_last_index(loop: Loop, frame: Frame) -> int | None:
    return next((frame.scope.index for hit in loop.hits(frame, backwards=True) if hit), None)


def group_by(loop: Loop, frame: Frame) -> Keyed:
    made = Keyed(groups=True)
    for key in loop.each(frame):
        made.entries.setdefault(entry_key(key), (key, []))[1].append(frame.scope.element())
    return made


def sort_by(loop: Loop, frame: Frame) -> list[Value]:
    values = items(loop.collection(frame))
    descending = direction(loop.third_value(frame, values) if loop.third else "asc")
    keys = []
    for key in loop.run(frame, values, range(len(values))):
        frame.scope.element()
        keys.append(key)
    frame.meter.grow(len(values))
    return sorted_by(frame, values, keys, descending=descending)


def reduce(loop: Loop, frame: Frame) -> Value:
    values = items(loop.collection(frame))
    gathered, start = loop.third_value(frame, values), 0
    if not loop.third:
        if not values:
            raise Failure("reduce of empty array with no initial value")
        gathered, start = Scope(values[0]).element(), 1
    for result in loop.run(frame, values, range(start, len(values)), gathered):
        frame.scope.gathered = gathered = result
    return gathered


LOOPS: dict[str, Callable[[Loop, Frame], Any]] = {
    "all": all_,
    "none": none,
    "any": any_,
    "one": one,
    "filter": filter_,
    "map": map_,
    "count": count,
    "sum": sum_,
    "find": find,
    "findIndex": find_index,
    "findLast": find_last,
    "findLastIndex": find_last_index,
    "groupBy": group_by,
    "sortBy": sort_by,
    "reduce": reduce,
}
