"""Who decides in the world: a controller, as two functions."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from serinus.api.rollout import Rollout
from serinus.plan import Plan, Ref, Seen, SeenExperiment


class Planner(Struct, frozen=True):
    """A controller without its shell."""

    plan: Callable[[Seen, datetime], Plan]
    """The decision."""
    reads: Callable[[Rollout], Sequence[Ref]] = lambda _: ()
    """The objects of traffic layers that the decision wants to see."""
    plan_experiment: Callable[[SeenExperiment, datetime], Plan] = lambda _seen, _now: Plan()
    """The decision about an Experiment."""
