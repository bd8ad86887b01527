"""What the calling pod prints arrives whole, or the demo says so."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

import msgspec
import pytest

from demo.test_traffic import GOOD, IMAGE, served
from serinus.demo.caller import Batch
from serinus.demo.calls import Calls, CallsError
from serinus.demo.sight import Sight
from serinus.demo.tally import Outcome, Sample, Tally
from serinus.local.processes import Processes

OUTCOMES = [Outcome(11.0, IMAGE), Outcome(12.0, failure="status 503"), Outcome(9.0, IMAGE, retried=True)]


def line(number: int, outcomes: list[Outcome]) -> bytes:
    return msgspec.json.encode(Batch(number, outcomes))


class Log:
    """A client that knows one log."""

    def __init__(self, *lines: bytes) -> None:
        self.lines_ = lines
        self.path = ""

    async def lines(self, path: str, _params: dict[str, str]) -> AsyncIterator[bytes]:
        self.path = path
        for text in self.lines_:
            yield text


class Eye:
    """A watch that sees the pod run."""

    def sight(self) -> Sight:
        return Sight(pods=({"metadata": {"name": "caller"}, "status": {"phase": "Running"}},))


async def told(tally: Tally, *lines: bytes) -> str:
    log = Log(*lines)
    with pytest.raises(CallsError) as ended:
        await Calls(log, Eye(), tally).run()
    assert log.path == "/api/v1/namespaces/default/pods/caller/log"
    return str(ended.value)


async def test_every_outcome_counts_as_one_from_inside() -> None:
    tally = Tally(sample=Sample(since=10.0))
    assert await told(tally, line(0, OUTCOMES), line(1, []), line(2, OUTCOMES)) == "the pod caller has ended"
    assert tally.sample is not None
    assert (tally.answered, tally.failed, tally.retried) == (4, 2, 2)
    assert (tally.sample.second, tally.sample.answers) == ({IMAGE: 2}, {})


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ((line(0, []), line(2, [])), "the log of the pod caller lacks line 1"),
        ((b"Traceback: no", line(0, [])), "the pod caller says: Traceback: no"),
    ],
)
async def test_a_log_with_a_gap_ends_the_demo(lines: tuple[bytes, ...], wanted: str) -> None:
    assert await told(Tally(), *lines) == wanted


async def test_the_program_calls_through_the_proxy_of_its_environment() -> None:
    async with served([GOOD] * 1000) as address, Processes() as processes:
        argv = [sys.executable, "-m", "serinus.demo.caller", "web", IMAGE]
        env = {**os.environ, "http_proxy": f"http://{address}"}
        caller = await processes.start(argv, env=env, stdout=PIPE, stderr=PIPE)
        assert caller.stdout is not None
        async with asyncio.timeout(60):
            batches = [msgspec.json.decode(await caller.stdout.readline(), type=Batch) for _ in range(20)]
        await processes.stop(caller)
    assert [batch.number for batch in batches] == list(range(20))
    outcomes = [outcome for batch in batches for outcome in batch.outcomes]
    assert outcomes
    assert {(outcome.image, outcome.failure) for outcome in outcomes} == {(IMAGE, "")}


async def test_without_a_mesh_the_program_says_what_it_needs() -> None:
    env = {name: value for name, value in os.environ.items() if name != "http_proxy"}
    async with Processes() as processes:
        argv = [sys.executable, "-m", "serinus.demo.caller", "web", IMAGE]
        caller = await processes.start(argv, env=env, stdout=PIPE, stderr=PIPE)
        _, complaint = await caller.communicate()
    assert caller.returncode == 1
    assert complaint.decode() == (
        "caller: name a Service and its images, and annotate the pod with local.serinus.dev/mesh: true\n"
    )
