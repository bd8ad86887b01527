"""Counting answers: all of them, and those of a moment."""

from collections import Counter
from dataclasses import dataclass, field

from msgspec import Struct

REMEMBERED = 100
"""Failures that are kept word for word; all are counted."""


class Outcome(Struct, frozen=True):
    """How one request ended."""

    sent: float
    """When it was sent, in seconds of the loop's clock."""
    image: str = ""
    """The version that answered, where the answer was as it should be."""
    failure: str = ""
    """What was wrong otherwise."""
    side: str = ""
    """Who sent it, where that is not the clients outside whom the weights are for."""
    error: bool = False
    """Whether the answer was an error of the version's own making: an answer, and no lost request."""
    retried: bool = False
    """Whether it was sent twice, since an idle connection was closed just then."""


@dataclass
class Sample:
    """The answers to requests that were sent from a moment on."""

    since: float
    answers: Counter[str] = field(default_factory=Counter)
    """Good answers to requests from outside, by version."""
    second: Counter[str] = field(default_factory=Counter)
    """The same for requests of the second side: between services, or of testers."""

    def add(self, outcome: Outcome) -> None:
        """Count a good answer, unless its request was sent before."""
        if outcome.sent >= self.since and not outcome.failure:
            (self.second if outcome.side else self.answers)[outcome.image] += 1


@dataclass
class Tally:
    """Everything since the traffic began."""

    began: float = 0.0
    answered: int = 0
    failed: int = 0
    retried: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """Answers that were errors of a version's own making; they count as answered."""
    last: dict[str, float] = field(default_factory=dict)
    """When the last request from outside was sent that a version answered."""
    first: dict[str, float] = field(default_factory=dict)
    """When the first one was sent that a version answered, since this was emptied."""
    failures: list[str] = field(default_factory=list)
    """The first failures, each with the second in which its request was sent."""
    sample: Sample | None = None

    @property
    def requests(self) -> int:
        """How many requests have ended, well or not."""
        return self.answered + self.failed

    def add(self, outcome: Outcome) -> None:
        """Count one request that has ended."""
        self.retried += outcome.retried
        if not outcome.failure:
            self.answered += 1
            if outcome.error:
                self.errors[outcome.image] += 1
            if not outcome.side:
                self.last[outcome.image] = max(outcome.sent, self.last.get(outcome.image, 0.0))
                self.first[outcome.image] = min(outcome.sent, self.first.get(outcome.image, outcome.sent))
        else:
            self.failed += 1
            if len(self.failures) < REMEMBERED:
                sent = f"sent from {outcome.side}" if outcome.side else "sent"
                self.failures.append(f"{outcome.failure} ({sent} at {outcome.sent - self.began:.2f} s)")
        if self.sample is not None:
            self.sample.add(outcome)
