"""When a container that has ended starts again. Pure."""

from dataclasses import dataclass

FIRST_DELAY = 10.0
LONGEST_DELAY = 300.0
FORGIVEN_AFTER = 600.0
"""Seconds that a container must have run for its earlier crashes to be forgotten."""


def restarts(policy: str, exit_code: int) -> bool:
    """Whether a container with this restart policy runs once more."""
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


@dataclass
class Backoff:
    """The growing delay between a container's end and its next start.

    The first restart comes at once, the next ones 10, 20, 40 ... 300 seconds
    after the end, as with any kubelet.
    """

    delay: float = 0.0

    def after(self, lifetime: float) -> float:
        """Say how many seconds to wait after a run of `lifetime` seconds."""
        if lifetime >= FORGIVEN_AFTER:
            self.delay = 0.0
        wait, self.delay = self.delay, min(self.delay * 2 or FIRST_DELAY, LONGEST_DELAY)
        return wait
