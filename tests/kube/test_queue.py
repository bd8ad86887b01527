"""A key is never with two workers, nothing is lost, and urgent keys go first."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from serinus.kube import Closed, Key, Queue

keys = st.sampled_from("abcd")


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still until it is told to jump."""

    now = 1000.0

    def time(self) -> float:
        return self.now


class QueueMachine(RuleBasedStateMachine):
    """The queue beside the plainest model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = JumpingLoop()
        self.queue: Queue[str] = Queue()
        self.lanes: dict[bool, list[str]] = {True: [], False: []}
        self.working: list[str] = []
        self.again: dict[str, bool] = {}
        self.due: dict[str, tuple[float, bool]] = {}
        self.failures: dict[str, int] = {}
        self.getters: list[asyncio.Task[str]] = []

    def teardown(self) -> None:
        self.inside(self.queue.close)
        for getter in self.getters:
            with contextlib.suppress(Closed):
                self.loop.run_until_complete(getter)
        self.loop.close()

    def inside(self, act, *args):
        async def run():
            result = act(*args)
            for _ in range(5):
                await asyncio.sleep(0)
            return result

        return self.loop.run_until_complete(run())

    def settle(self) -> None:
        """Compare what was handed out with what the model hands out."""
        self.inside(lambda: None)
        expected = []
        waiting = len(self.getters)
        while waiting and (lane := self.lanes[True] or self.lanes[False]):
            expected.append(lane.pop(0))
            waiting -= 1
        done = [getter for getter in self.getters if getter.done()]
        self.getters = [getter for getter in self.getters if not getter.done()]
        assert sorted(getter.result() for getter in done) == sorted(expected)
        self.working += expected

    def model_add(self, key: str, urgent: bool) -> None:
        if key in self.working:
            self.again[key] = urgent or self.again.get(key, False)
        elif key in self.lanes[False] and urgent:
            self.lanes[False].remove(key)
            self.lanes[True].append(key)
        elif key not in self.lanes[True] + self.lanes[False]:
            self.lanes[urgent].append(key)

    def model_later(self, key: str, seconds: float, urgent: bool) -> None:
        when, known = self.due.get(key, (float("inf"), False))
        if self.loop.now + seconds < when:  # of keys that are due at the same moment the first to ask comes first
            self.due.pop(key, None)
            when = self.loop.now + seconds
        self.due[key] = (when, urgent or known)

    @rule(key=keys, urgent=st.booleans())
    def add(self, key, urgent):
        self.inside(self.queue.add, key, urgent)
        self.model_add(key, urgent)
        self.settle()

    @rule(key=keys, seconds=st.sampled_from([0.5, 1.0, 2.0, 60.0]), urgent=st.booleans())
    def add_after(self, key, seconds, urgent):
        self.inside(self.queue.add_after, key, seconds, urgent)
        self.model_later(key, seconds, urgent)
        self.settle()

    @rule(key=keys)
    def retry(self, key):
        failures = self.failures.get(key, 0)
        self.failures[key] = failures + 1
        wait = self.inside(self.queue.retry, key)
        assert wait == min(10.0, 0.001 * 2**failures)
        self.model_later(key, wait, False)
        self.settle()

    @rule(key=keys)
    def forget(self, key):
        self.inside(self.queue.forget, key)
        self.failures.pop(key, None)

    @precondition(lambda self: len(self.getters) < 3)
    @rule()
    def get(self):
        self.getters.append(self.inside(lambda: self.loop.create_task(self.queue.get())))
        self.settle()

    @precondition(lambda self: self.getters)
    @rule()
    def a_worker_leaves(self):
        getter = self.getters.pop()
        getter.cancel()
        self.settle()
        assert getter.cancelled()

    @precondition(lambda self: self.getters)
    @rule(key=keys, urgent=st.booleans())
    def a_worker_leaves_as_a_key_comes(self, key, urgent):
        """The worker was just woken for the key: another one must get it."""
        getter = self.getters.pop(0)

        def both() -> None:
            self.queue.add(key, urgent)
            getter.cancel()

        self.inside(both)
        self.model_add(key, urgent)
        self.settle()
        assert getter.cancelled()

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def done(self, data):
        key = data.draw(st.sampled_from(sorted(self.working)))
        self.inside(self.queue.done, key)
        self.working.remove(key)
        if key in self.again:
            self.model_add(key, self.again.pop(key))
        self.settle()

    @rule(seconds=st.sampled_from([0.001, 0.7, 5.0, 120.0]))
    def time_passes(self, seconds):
        self.loop.now += seconds
        for key, (_, urgent) in sorted(self.due.items(), key=lambda item: item[1][0]):
            if self.due[key][0] <= self.loop.now:
                del self.due[key]
                self.model_add(key, urgent)
        self.settle()

    @invariant()
    def both_agree(self):
        assert len(set(self.working)) == len(self.working)
        assert self.queue.depth == len(self.lanes[True]) + len(self.lanes[False])
        assert self.queue.working == len(self.working)
        assert self.queue.delayed == len(self.due)


QueueMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestQueueMachine = QueueMachine.TestCase


async def test_a_key_that_is_added_while_it_is_worked_on_comes_again_after_it_is_done():
    queue: Queue[str] = Queue()
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    assert queue.depth == 0
    queue.done("a")
    assert await queue.get() == "a"


async def test_urgent_keys_overtake():
    queue: Queue[str] = Queue()
    for key in "abc":
        queue.add(key)
    queue.add("c", urgent=True)
    assert [await queue.get() for _ in range(3)] == ["c", "a", "b"]


async def test_who_takes_urgent_keys_only_is_free_for_them_while_all_others_work():
    queue: Queue[str] = Queue()
    reserve = asyncio.create_task(queue.get(urgent_only=True))
    queue.add("a")
    assert await queue.get() == "a"
    assert not queue.hurries("a")
    queue.add("b")
    await asyncio.sleep(0)
    assert not reserve.done()
    queue.add("c", urgent=True)
    assert await reserve == "c"
    assert queue.hurries("c")
    assert await queue.get() == "b"


async def test_an_urgent_key_goes_to_a_free_worker_before_the_reserve():
    queue: Queue[str] = Queue()
    reserve = asyncio.create_task(queue.get(urgent_only=True))
    worker = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a", urgent=True)
    assert await worker == "a"
    assert not reserve.done()
    queue.close()
    with pytest.raises(Closed):
        await reserve


async def test_a_closed_queue_hands_out_nothing_and_waits_for_what_is_in_work():
    queue: Queue[str] = Queue()
    queue.add("a")
    queue.add("b")
    queue.add_after("c", 0.001)
    key = await queue.get()
    waiting = asyncio.create_task(queue.idle())
    queue.close()
    with pytest.raises(Closed):
        await queue.get()
    assert not waiting.done()
    queue.done(key)
    await waiting


async def test_closing_wakes_the_workers_that_wait():
    queue: Queue[str] = Queue()
    getter = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.close()
    with pytest.raises(Closed):
        await getter


async def test_a_key_that_is_looked_at_often_before_its_time_takes_no_more_room():
    queue: Queue[str] = Queue()
    queue.add_after("b", 604_800)
    for _ in range(200):
        queue.add_after("a", 604_800)  # a pause of a week
        queue.add_after("a", 0.000001)  # and pods that come and go
        assert await queue.get() == "a"
        queue.done("a")
    assert len(queue._heap) < 40
    assert queue.delayed == 1
    queue.close()


def test_a_key_reads_as_a_person_would_write_it():
    assert str(Key("Rollout", "shop", "cart")) == "Rollout shop/cart"
    assert str(Key("ClusterThing", "", "x")) == "ClusterThing x"
