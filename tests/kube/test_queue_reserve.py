"""Workers that take urgent keys only: they get nothing else, and no key waits while one who may take it is free."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from serinus.kube import Closed, Queue

ops = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"), st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), min_size=1, max_size=3)
        ),
        st.tuples(st.just("get"), st.booleans()),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("done"), st.integers(0, 5)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(ops)
def test_no_key_waits_while_one_who_may_take_it_is_free(ops):
    asyncio.run(play(ops))


async def play(ops):
    queue: Queue[str] = Queue()
    free: list[tuple[asyncio.Task[str], bool]] = []
    working: list[str] = []
    for name, what in ops:
        act(queue, free, working, name, what)
        for _ in range(6):
            await asyncio.sleep(0)
        for getter, reserved in free:
            if getter.done() and not getter.cancelled():
                working.append(getter.result())
                assert queue.hurries(getter.result()) or not reserved
        free = [pair for pair in free if not pair[0].done()]
        check(queue, free, working)
    queue.close()
    for result in await asyncio.gather(*(getter for getter, _ in free), return_exceptions=True):
        assert isinstance(result, Closed)


def act(queue, free, working, name, what):
    match name:
        case "add":
            for key, urgent in what:
                queue.add(key, urgent)
        case "get":
            free.append((asyncio.create_task(queue.get(urgent_only=what)), what))
        case "leave" if what < len(free):
            free[what][0].cancel()
        case "done" if what < len(working):
            queue.done(working.pop(what))


def check(queue, free, working):
    assert len(set(working)) == len(working) == queue.working
    assert not (queue._lanes[0] and free)
    assert not (queue._lanes[1] and any(not reserved for _, reserved in free))
