"""The loop: take a key, and have its turn taken."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from serinus.controller.freshness import Freshness
from serinus.controller.release import Releaser
from serinus.controller.stores import Stores
from serinus.controller.turn import Turns
from serinus.kube import Closed, Conflict, Key, KubeError, NotFound, Queue

log = logging.getLogger(__name__)

_CATCH_UP_SECONDS = 1.0
"""How long we wait for a watch that does not bring our own write back, before looking again."""


OnTurn = Callable[[Key, float, str], None]
"""Told of every turn: key, seconds, and ``done``, ``gone``, ``behind`` or ``failed``."""


class Loop:
    """Works on keys until it is cancelled; one key is with one worker at a time."""

    def __init__(
        self,
        stores: Stores,
        freshness: Freshness,
        served: Iterable[Turns[Any, Any]],
        releaser: Releaser,
        on_turn: OnTurn,
    ) -> None:
        self._stores = stores
        self._queue: Queue[Key] = stores.queue
        self._freshness = freshness
        self._served = {turns.kind.kind: turns for turns in served}
        self._releaser = releaser
        self._on_turn = on_turn

    async def work(self, *, urgent_only: bool = False) -> None:
        """Take keys until the queue is closed."""
        clock = asyncio.get_running_loop().time
        while True:
            try:
                key = await self._queue.get(urgent_only=urgent_only)
            except Closed:
                return
            started = clock()
            outcome = await self._guarded(key)
            self._queue.done(key)
            self._on_turn(key, clock() - started, outcome)

    async def _guarded(self, key: Key) -> str:
        """One object's trouble never stops the others."""
        try:
            return await self._turn(key)
        except (Conflict, NotFound) as error:
            log.debug("%s changed while it was worked on: %s", key, error)
        except KubeError as error:
            log.warning("%s: %s", key, error)
        except Exception:
            log.exception("%s: this is a bug; it is tried again", key)
        self._queue.retry(key, urgent=self._queue.hurries(key))
        return "failed"

    async def _turn(self, key: Key) -> str:
        if not self._freshness.is_fresh(key):
            # The watch that brings our write back adds the key; this is for a watch that is cut off.
            hurries = self._queue.hurries(key)
            self._stores.impatient |= {key} if hurries else set()
            self._queue.add_after(key, _CATCH_UP_SECONDS, urgent=hurries)
            return "behind"
        self._stores.impatient.discard(key)
        if turns := self._served.get(key.kind):
            is_there = await turns.look_at(key)
        else:
            is_there = await self._releaser.give_back(key)
        self._queue.forget(key)
        return "done" if is_there else "gone"
