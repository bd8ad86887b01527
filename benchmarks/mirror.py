"""What a watch shows, and when: the benchmarks' clock."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from serinus.kube import Client, Informer, Object, Store

V = TypeVar("V")

Reading = Callable[[Object, bool], tuple[str, V] | None]
"""From an object, and whether it is gone, to whom it concerns and what it says; None when it concerns nobody."""


class TooLateError(Exception):
    """Something that was waited for has not happened."""


@dataclass(eq=False)
class _Wait(Generic[V]):
    arrived: Callable[[V], bool]
    missing: set[str]
    moments: dict[str, float] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def see(self, name: str, value: V, moment: float) -> None:
        if name in self.missing and self.arrived(value):
            self.missing.discard(name)
            self.moments[name] = moment
            if not self.missing:
                self.over.set()


class Mirror(Generic[V]):
    """The last values under a list path, by name; ``run`` keeps them true."""

    def __init__(self, client: Client, path: str, read: Reading[V]) -> None:
        self.values: dict[str, V] = {}
        self._read = read
        self._moments: dict[str, float] = {}
        self._waits: set[_Wait[V]] = set()
        self._informer = Informer(client, path, Store[Object](), on_change=self.note)
        self.run = self._informer.run
        self.synced = self._informer.synced

    async def reach(
        self, names: Iterable[str], arrived: Callable[[V], bool], what: str, limit: float = 300.0
    ) -> dict[str, float]:
        """When each name's value first met the condition (``time.perf_counter``).

        Values that meet it already count with the moment at which they came. Raises ``TooLateError`` after ``limit``
        seconds.
        """
        wait = _Wait(arrived, set(names))
        for name in list(wait.missing):
            if name in self.values:
                wait.see(name, self.values[name], self._moments[name])
        self._waits.add(wait)
        try:
            async with asyncio.timeout(limit):
                if wait.missing:
                    await wait.over.wait()
        except TimeoutError:
            some = ", ".join(sorted(wait.missing)[:3])
            raise TooLateError(
                f"{len(wait.missing)} of {len(wait.missing) + len(wait.moments)} are not {what} after {limit:.0f} s,"
                f" among them {some}"
            ) from None
        finally:
            self._waits.discard(wait)
        return wait.moments

    def moment(self, name: str) -> float:
        """When the last value of a name came."""
        return self._moments[name]

    def note(self, old: Object | None, new: Object | None) -> None:
        """Take a change of the watch."""
        moment = time.perf_counter()
        found = new or old
        read = self._read(found, new is None) if found else None
        if read is None:
            return
        name, value = read
        self.values[name], self._moments[name] = value, moment
        for wait in list(self._waits):
            wait.see(name, value, moment)
