"""Watches end with the block that they run for, however that ends."""

import asyncio

import pytest

from serinus.cli.live import Watches


class Silent:
    """A watch that never gets an answer."""

    def __init__(self) -> None:
        self.settled = asyncio.Event()
        self.running = asyncio.Event()
        self.on_change = None
        self.ended = False

    async def run(self) -> None:
        self.running.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


async def test_an_interruption_before_the_first_answers_ends_them_too() -> None:
    silent = Silent()

    async def look() -> None:
        async with Watches(silent):  # type: ignore[arg-type]
            raise AssertionError("there was no answer")

    looking = asyncio.create_task(look())
    await silent.running.wait()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert silent.ended
