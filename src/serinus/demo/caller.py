"""The program of the pod that calls from inside, and the lines that it prints.

It calls a Service by its name and sends each request to the proxy that its
environment names, as a sidecar would take it: the request itself knows nothing
of a proxy. Every tenth of a second it prints what came of its requests.
"""

import asyncio
import os
import sys
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from serinus.demo.tally import Outcome, Tally
from serinus.demo.traffic import Traffic

INTERVAL = 0.1
"""Seconds between two lines."""


class Batch(Struct, frozen=True):
    """One line: requests that have ended since the line before."""

    number: int
    """Counts the lines from 0, so that a lost one shows."""
    outcomes: list[Outcome]
    """Their times are those of the computer's monotonic clock, which all processes share."""


class Collected(Tally):
    """Keeps outcomes until they are taken."""

    def __init__(self) -> None:
        super().__init__()
        self._outcomes: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Keep one."""
        self._outcomes.append(outcome)

    def take(self) -> list[Outcome]:
        """Give those that were not given before."""
        taken, self._outcomes = self._outcomes, []
        return taken


async def call(address: str, service: str, images: Sequence[str]) -> None:
    """Call without end, through the proxy at an address."""
    collected = Collected()
    async with asyncio.TaskGroup() as group:
        group.create_task(Traffic(address, service, images, collected).run())
        number = 0
        while True:
            await asyncio.sleep(INTERVAL)
            line = msgspec.json.encode(Batch(number, collected.take())) + b"\n"
            await asyncio.to_thread(_print, line)
            number += 1


def _print(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def main() -> None:
    """Start: the Service's name, then the images that may answer."""
    proxy = os.environ.get("http_proxy", "")
    if len(sys.argv) < 3 or not proxy:
        sys.exit("caller: name a Service and its images, and annotate the pod with local.serinus.dev/mesh: true")
    _, service, *images = sys.argv
    asyncio.run(call(proxy.removeprefix("http://").rstrip("/"), service, images))


if __name__ == "__main__":
    main()
