"""What a run has shown, for machines and for people."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from benchmarks.lossless.load import Failure

SHOWN = 20
"""Failures that are printed; all are in the JSON document and in the journal."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a run."""

    seed: int
    rollouts: int
    seconds: float
    """How long the traffic flowed."""
    wanted_updates: int
    wanted_requests: int
    updates: dict[str, int]
    """How many ended by what, as it really came."""
    versions: int
    requests: dict[str, int]
    """How many went through which gateway."""
    repeated: int
    """Requests on kept connections that were sent again, on a new one: theirs was closed when nothing had been read."""
    failed: int
    failures: tuple[Failure, ...]
    stuck: str
    """What was waited for in vain; empty when nothing was."""

    @property
    def complaints(self) -> list[str]:
        """Why the run proves nothing, or the contrary; empty for a good one."""
        found = [self.stuck] if self.stuck else []
        if self.failed:
            found.append(f"{self.failed:,} failed requests")
        for wanted, had, what in (
            (self.wanted_updates, sum(self.updates.values()), "updates"),
            (self.wanted_requests, sum(self.requests.values()), "requests"),
        ):
            if had < wanted:
                found.append(f"only {had:,} {what}, not {wanted:,}")
        return found


def lines(figures: Figures) -> Iterator[str]:
    """The figures for people."""
    updates = ", ".join(f"{count} by {ending}" for ending, count in sorted(figures.updates.items()))
    requests = ", ".join(f"{count:,} through {gateway}" for gateway, count in sorted(figures.requests.items()))
    total = sum(figures.requests.values())
    rate = total / figures.seconds if figures.seconds else 0
    yield f"lossless: {figures.rollouts} Rollouts, seed {figures.seed}"
    yield f"  updates   {sum(figures.updates.values())}: {updates}"
    yield f"  versions  {figures.versions}"
    yield f"  requests  {total:,}: {requests}; {rate:.0f} per second for {figures.seconds:.0f} s"
    yield f"  repeated  {figures.repeated:,} on kept connections that were closed before an answer began"
    yield f"  failed    {figures.failed:,}"
    kinds = Counter((failure.gateway, failure.connection, failure.what) for failure in figures.failures)
    for (gateway, connection, what), count in kinds.most_common():
        yield f"    {count:,} through {gateway} on {connection} connections: {what}"
    for failure in figures.failures[:SHOWN]:
        yield f"    {failure.sent:.3f} {failure.host} ({failure.connection}): {failure.what}; {failure.meanwhile}"
    yield from (f"  not proven: {complaint}" for complaint in figures.complaints)
