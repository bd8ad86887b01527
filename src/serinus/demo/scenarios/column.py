"""The article's table, row by row: one story, and what each router's column has of its own."""

from collections.abc import Callable, Mapping
from math import ceil

from msgspec import Struct

from serinus.demo.scenario import Door, Moment, Scenario, Wanted
from serinus.demo.sight import Sight

ROLLOUT = "myapp-rollout"
STABLE, CANARY = "myapp-stable-svc", "myapp-canary-svc"
FIRST, SECOND, THIRD = IMAGES = ("nginx:1.21.0", "nginx:1.22.0", "nginx:1.23.0")
REPLICAS = 3
SCALE_DOWN_DELAY = 30.0
"""Seconds that a version keeps its pods after it lost its traffic, where the manifest does not say."""


class Column(Struct, frozen=True, kw_only=True):
    """What a router has of its own."""

    name: str
    """The scenario's; its manifest is called the same."""
    title: str
    door: Door
    complete: Callable[[Wanted], Wanted]
    """Adds how the router's objects must look."""
    is_settled: Callable[[Sight, int], bool]
    """Whether they have come to where a weight needs them."""
    promoted: str
    """In words, what happens to them at full promotion."""
    aborted: str
    """In words, what happens to them on abort."""
    scale_down: float = SCALE_DOWN_DELAY
    """Seconds that a version keeps its pods after it lost its traffic."""


class Story:
    """The moments of a column, with timed pauses of so many seconds."""

    def __init__(self, column: Column, pause: float) -> None:
        self._column = column
        self._pause = pause

    def tell(self) -> Scenario:
        """From the first version to the end of the third."""
        column = self._column
        return Scenario(
            name=column.name,
            title=column.title,
            manifest=f"{column.name}.yaml",
            rollout=ROLLOUT,
            door=column.door,
            images=IMAGES,
            moments=(
                self._before(),
                *self._update(),
                self._promotion(),
                *self._next_update(),
                self._abort(),
                *self._scale_downs(),
            ),
        )

    def _before(self) -> Moment:
        caller = self._column.door.caller
        return Moment(
            title="before",
            command=("apply", "-f", f"{self._column.name}.yaml"),
            awaited=f"{FIRST} is served",
            reached=lambda sight: sight.is_healthy_on(FIRST) and self._column.is_settled(sight, 0),
            then=("apply", "-f", caller) if caller else (),
            wanted=self._alone(FIRST, SECOND, {FIRST: REPLICAS}),
        )

    def _update(self) -> tuple[Moment, ...]:
        """The first update, up to the pause that waits for a person."""
        versions = (FIRST, SECOND)
        return (
            self._weight(10, 1, versions, command=set_image(SECOND)),
            self._weight(30, 3, versions, delay=self._pause),
            self._weight(60, 5, versions, delay=self._pause),
        )

    def _promotion(self) -> Moment:
        wanted = Wanted(
            weight=100, new=SECOND, stable=FIRST, services=services(SECOND, SECOND), pods={SECOND: REPLICAS}
        )
        return Moment(
            title="full promotion",
            command=("argo", "rollouts", "promote", ROLLOUT),
            awaited=f"{SECOND} is stable and {self._column.promoted}",
            reached=lambda sight: sight.is_healthy_on(SECOND) and self._column.is_settled(sight, 100),
            wanted=self._column.complete(wanted),
        )

    def _next_update(self) -> tuple[Moment, ...]:
        """The update that is given up at 30 %; meanwhile the first version's pods may end at any time."""
        versions = (SECOND, THIRD)
        return (
            self._weight(10, 1, versions, command=set_image(THIRD)),
            self._weight(30, 3, versions, delay=self._pause),
        )

    def _abort(self) -> Moment:
        return Moment(
            title="abort at 30 %",
            command=("argo", "rollouts", "abort", ROLLOUT),
            awaited=f"all traffic is back on {SECOND} and {self._column.aborted}",
            reached=lambda sight: sight.is_aborted_on(SECOND) and self._column.is_settled(sight, 0),
            wanted=self._alone(SECOND, THIRD, {SECOND: REPLICAS}),
        )

    def _scale_downs(self) -> tuple[Moment, ...]:
        """The ends of the versions without traffic: the old one, and the one that was given up."""
        return (
            self._gone(FIRST, "promotion", {FIRST: 0, SECOND: REPLICAS}),
            self._gone(THIRD, "abort", {FIRST: 0, SECOND: REPLICAS, THIRD: 0}),
        )

    def _gone(self, image: str, event: str, pods: Mapping[str, int]) -> Moment:
        return Moment(
            title=f"{tag(image)} scaled to 0",
            awaited=f"the pods of {image} have ended, {self._column.scale_down:.0f} s after the {event}",
            delay=self._column.scale_down,
            reached=lambda sight: sight.is_aborted_on(SECOND) and sight.is_gone(image),
            wanted=self._alone(SECOND, THIRD, pods),
        )

    def _weight(
        self, weight: int, step: int, versions: tuple[str, str], *, command: tuple[str, ...] = (), delay: float = 0.0
    ) -> Moment:
        """The pause that is the step behind a setWeight; both versions serve."""
        stable, new = versions
        wanted = Wanted(
            weight=weight,
            new=new,
            stable=stable,
            services=services(stable, new),
            pods={stable: REPLICAS, new: ceil(REPLICAS * weight / 100)},
        )
        return Moment(
            title=f"setWeight {weight}" + (f", {tag(new)}" if new == THIRD else ""),
            command=command,
            delay=delay,
            awaited=f"{new} gets {weight} % and the Rollout pauses",
            reached=lambda sight: (
                sight.is_paused_at(step)
                and sight.image_of(sight.updated) == new
                and self._column.is_settled(sight, weight)
            ),
            wanted=self._column.complete(wanted),
        )

    def _alone(self, stable: str, new: str, pods: Mapping[str, int]) -> Wanted:
        """Everything goes to the stable version, and nothing goes to a canary."""
        wanted = Wanted(weight=0, new=new, stable=stable, services=services(stable, stable), pods=pods)
        return self._column.complete(wanted)


def services(stable: str, canary: str) -> dict[str, str]:
    """Which version each of the two Services leads to."""
    return {STABLE: stable, CANARY: canary}


def set_image(image: str) -> tuple[str, ...]:
    """What a user types to begin an update."""
    return ("argo", "rollouts", "set", "image", ROLLOUT, f"nginx={image}")


def tag(image: str) -> str:
    """A version in short."""
    return image.partition(":")[2]
