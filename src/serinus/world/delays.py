"""How long things take, and how chance picks a moment within that."""

import hashlib
from datetime import timedelta

from msgspec import Struct

Span = tuple[float, float]
"""The shortest and the longest time, in seconds."""


class Delays(Struct, frozen=True):
    """How long each part of a cluster takes to follow."""

    plan: Span = (0.001, 0.05)
    """From a change to the decision about it."""
    controllers: Span = (0.01, 0.2)
    """From a change of a ReplicaSet or its pods to what follows from it."""
    start: Span = (0.5, 4.0)
    """From the creation of a pod until it is ready."""
    end: Span = (4.0, 8.0)
    """From the deletion of a pod until it serves no more."""
    endpoints: Span = (0.02, 0.5)
    """From a change of a Service or its pods to its endpoints."""
    routes: Span = (0.1, 1.5)
    """From a change of endpoints until requests go that way."""
    ingresses: Span = (0.1, 1.5)
    """From a change of an Ingress until requests go that way."""
    reports: Span | None = None
    """From then until the traffic layer says so in the status; None for a layer that says nothing."""
    measure: Span = (0.05, 1.0)
    """From the creation of an AnalysisRun, or a word to it, to what follows from it."""
    garbage: Span = (0.1, 1.0)
    """From the end of an owner to the end of what it owned."""


class Chance(Struct, frozen=True):
    """Random numbers without a state: the same seed and names give the same number."""

    seed: int = 0

    def within(self, span: Span, *names: str) -> timedelta:
        """A length of time from a span."""
        text = "/".join((str(self.seed), *names))
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        share = int.from_bytes(digest, "big") / 2**64
        low, high = span
        return timedelta(seconds=low + (high - low) * share)
