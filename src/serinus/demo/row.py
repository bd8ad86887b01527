"""A moment as it was seen."""

from collections.abc import Mapping
from math import sqrt

from msgspec import Struct, field

from serinus.demo.analysis import Analysis
from serinus.demo.reading import Objects
from serinus.demo.scenario import Wanted

ERRORS = 4.0
"""Standard errors by which an observed share may be off: by chance, one of 16,000 is."""


class Side(Struct, frozen=True):
    """Where requests come from, with the wanted percentage and the good answers."""

    name: str
    """Empty where there is only one side."""
    weight: int
    answers: Mapping[str, int]

    @property
    def requests(self) -> int:
        """How many answers its share rests on."""
        return sum(self.answers.values())


class Row(Struct, frozen=True, kw_only=True):
    """What was wanted and what was seen."""

    title: str
    wanted: Wanted
    objects: Objects = field(default_factory=Objects)
    answers: Mapping[str, int] = field(default_factory=dict)
    """Good answers to requests from outside by version, over the time in which the weight was in effect."""
    second: Mapping[str, int] = field(default_factory=dict)
    """The same for requests of the second side."""
    failures: tuple[str, ...] = ()
    """Failed requests since the row before, the change that led here included; the first hundred of the demo."""
    failed: int = 0
    """How many there were."""
    troubles: tuple[str, ...] = ()
    """What went wrong with the moment itself."""
    command: str = ""
    analysis: Analysis | None = None
    """How the new version was judged, where that is wanted."""
    reaction: float | None = None
    """Seconds from the failing measurement to the last request that the new version got."""
    switch: float | None = None
    """Seconds from the first answer of the new version to the last of the other, where all is switched at once."""
    seconds: float = 0.0
    """When the row was complete, since the traffic began."""

    @property
    def requests(self) -> int:
        """How many answers from outside the share rests on."""
        return sum(self.answers.values())

    @property
    def share(self) -> float:
        """The new version's part of the answers to outside, 0 to 1."""
        return share(self.answers, self.wanted.new)

    @property
    def sides(self) -> tuple[Side, ...]:
        """What was asked on the first side and, where there is one, on the second."""
        wanted, (first, second) = self.wanted, self.wanted.sides
        if wanted.second is None:
            return (Side("", wanted.weight, self.answers),)
        return (Side(first, wanted.weight, self.answers), Side(second, wanted.second, self.second))


def share(answers: Mapping[str, int], image: str) -> float:
    """A version's part of the answers, 0 to 1; 0 where there are none."""
    total = sum(answers.values())
    return answers.get(image, 0) / total if total else 0.0


def standard_error(probability: float, size: int) -> float:
    """How far a share of so many requests is off on average; 0 for what is certain."""
    return sqrt(probability * (1 - probability) / size)
