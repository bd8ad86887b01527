"""The rate limit lets a burst through, then one after another, urgent calls first."""

from __future__ import annotations

import asyncio

import pytest

from serinus.kube.throttle import Throttle


class JumpingLoop(asyncio.SelectorEventLoop):
    now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def play():
    """Run a scenario on a clock that only jumps."""
    loop = JumpingLoop()

    async def settle(seconds: float = 0.0) -> None:
        loop.now += seconds
        for _ in range(5):
            await asyncio.sleep(0)

    yield lambda scenario: loop.run_until_complete(scenario(settle))
    loop.close()


def test_a_burst_passes_and_the_rest_waits_for_tokens(play):
    async def scenario(settle):
        throttle = Throttle(qps=10, burst=3)
        passed: list[int] = []

        async def call(number: int) -> None:
            await throttle.admit()
            passed.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(6):
                group.create_task(call(number))
            await settle()
            assert passed == [0, 1, 2]
            await settle(0.1)
            assert passed == [0, 1, 2, 3]
            await settle(0.25)
            assert passed == [0, 1, 2, 3, 4, 5]

    play(scenario)


def test_urgent_calls_overtake(play):
    async def scenario(settle):
        throttle = Throttle(qps=1, burst=1)
        await throttle.admit()
        passed: list[str] = []

        async def call(name: str, urgent: bool) -> None:
            await throttle.admit(urgent)
            passed.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(call("ordinary", False))
            await settle()
            group.create_task(call("urgent", True))
            await settle(1.0)
            assert passed == ["urgent"]
            await settle(1.0)
            assert passed == ["urgent", "ordinary"]

    play(scenario)


def test_a_call_that_is_given_up_leaves_its_token_to_the_next(play):
    async def scenario(settle):
        throttle = Throttle(qps=1, burst=1)
        await throttle.admit()
        first, second = (asyncio.create_task(throttle.admit()) for _ in range(2))
        await settle()
        first.cancel()
        await settle(1.0)
        assert first.cancelled()
        assert second.done()

    play(scenario)


def test_a_token_never_is_lost_when_its_call_is_given_up_just_then(play):
    async def scenario(settle):
        throttle = Throttle(qps=1, burst=1)
        await throttle.admit()
        first, second = (asyncio.create_task(throttle.admit()) for _ in range(2))
        await settle()
        asyncio.get_running_loop().now += 1.0
        throttle._tick()  # the first has its token and has not run on
        first.cancel()
        await settle()
        assert first.cancelled()
        assert second.done()

    play(scenario)


def test_without_a_limit_everybody_passes(play):
    async def scenario(settle):
        async with asyncio.timeout(1):
            for _ in range(1000):
                await Throttle().admit()

    play(scenario)


@pytest.mark.parametrize(("qps", "burst"), [(0, 1), (-1, 1), (5, 0)])
def test_impossible_limits_are_refused(qps, burst):
    with pytest.raises(ValueError, match="must be"):
        Throttle(qps, burst)
