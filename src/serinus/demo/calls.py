"""What services say to each other, as the log of the calling pod tells it."""

from contextlib import aclosing

import msgspec
from msgspec.structs import replace

from serinus.api.kinds import POD
from serinus.demo.caller import Batch
from serinus.demo.tally import Tally
from serinus.demo.watch import NAMESPACE, Watch, until
from serinus.kube import Client
from serinus.local.errors import LocalError

POD_NAME = "caller"
INSIDE = "inside"
LIMIT = 300.0
"""Seconds until the pod must run; it is made after the app is served."""
DECODER = msgspec.json.Decoder(Batch)


class CallsError(LocalError):
    """The calling pod, or its log, is not there."""


class Calls:
    """Follows the pod's log and counts what it tells."""

    def __init__(self, client: Client, watch: Watch, tally: Tally) -> None:
        self._client = client
        self._watch = watch
        self._tally = tally
        self._next = 0

    async def run(self) -> None:
        """Count until cancelled; raises CallsError when the pod ends or a line of its log is lost."""
        if not await until(lambda: self._watch.sight().runs(POD_NAME), LIMIT):
            raise CallsError(f"the pod {POD_NAME} does not run after {LIMIT:.0f} s")
        path = POD.path(NAMESPACE, POD_NAME, "log")
        async with aclosing(self._client.lines(path, {"follow": "true"})) as lines:
            async for line in lines:
                self.read(line)
        raise CallsError(f"the pod {POD_NAME} has ended")

    def read(self, line: bytes) -> None:
        """Count what a line tells."""
        try:
            batch = DECODER.decode(line)
        except msgspec.MsgspecError as error:
            raise CallsError(f"the pod {POD_NAME} says: {line.decode(errors='replace')}") from error
        if batch.number != self._next:
            raise CallsError(f"the log of the pod {POD_NAME} lacks line {self._next}")
        self._next += 1
        for outcome in batch.outcomes:
            self._tally.add(replace(outcome, side=INSIDE))
