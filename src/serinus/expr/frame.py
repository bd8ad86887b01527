"""What one evaluation knows: its inputs, its variables, and where its predicate is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from serinus.expr.access import HIDDEN
from serinus.expr.errors import Failure
from serinus.expr.instant import Time
from serinus.expr.limits import Meter
from serinus.expr.values import Value


@dataclass(slots=True)
class Scope:
    """A predicate at work: the element, its index, and what was gathered."""

    item: Value = None
    index: int = 0
    gathered: Value = None

    def element(self) -> Value:
        """The element. Raises Failure for an entry of a map."""
        if self.item is HIDDEN:
            raise Failure("cannot use a map as an array")
        return self.item


@dataclass(slots=True)
class Frame:
    """The state of one evaluation."""

    environment: Mapping[str, Value]
    now: Time
    meter: Meter = field(default_factory=Meter)
    variables: dict[str, Value] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
