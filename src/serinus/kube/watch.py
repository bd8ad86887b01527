"""Keep a store true: list, watch, resume, list again when the past is gone."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from serinus.kube.client import Client
from serinus.kube.errors import ApiError, Expired, KubeError, NotFound, Unreachable, refusal
from serinus.kube.objects import Storable, decode_object
from serinus.kube.retry import Backoff, jittered
from serinus.kube.store import Place, Store
from serinus.kube.transport import JSON
from serinus.kube.wire import (
    METADATA_EVENT,
    METADATA_LIST,
    PAGE_SIZE,
    Event,
    Head,
    Page,
    read_event,
    read_head,
    read_page,
    read_refused,
)

T = TypeVar("T", bound=Storable)

log = logging.getLogger(__name__)

WATCH_SECONDS = (240, 300)
"""The API server ends a watch after a time between these; many informers shall not come back at once."""
SILENCE_MARGIN = 15.0
STEADY = 1.0
"""Seconds: a watch that ends sooner, and without a word, counts as a failure."""
REMEMBERED = 1000
"""Undecodable versions that are remembered, so that each is reported once."""


def _nothing(old: Any, new: Any) -> None:
    """Nobody listens."""


def _unreported(place: Place, error: Exception) -> None:
    """Nobody listens."""


@dataclass(eq=False)
class Informer(Generic[T]):
    """Mirrors the objects under a list path into a store.

    `decode` makes an object of its bytes. What it raises concerns that one version only: it is
    logged once, told to `on_undecodable`, and the last readable version stays in the store.
    `on_change(old, new)` is called after the store has changed; old is None for an object that is
    new, new is None for one that is gone. Neither may block.
    `metadata_only` asks the API for metadata alone. `relist_after` is in seconds: how old a list may
    grow before it is checked against a new one, and `missing_pause` how often a path is asked for that
    the API does not know (a CRD that is not installed).

    `run` never ends by itself. `synced` is set when the store has been true once; `missing` says that
    the API does not know the path;
    `settled` is set as soon as either is known; `trouble` is why the store may be behind now.
    """

    client: Client
    path: str
    store: Store[T]
    decode: Callable[[bytes], T] = decode_object  # type: ignore[assignment]  # T is Object then
    label_selector: str = ""
    field_selector: str = ""
    on_change: Callable[[T | None, T | None], None] = _nothing
    on_undecodable: Callable[[Place, Exception], None] = _unreported
    metadata_only: bool = False
    relist_after: float = 3600.0
    missing_pause: float = 10.0
    backoff: Backoff = field(default_factory=Backoff)

    synced: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    settled: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    missing: bool = field(default=False, init=False)
    trouble: KubeError | None = field(default=None, init=False)
    _version: str = field(default="", init=False)
    _listed_at: float = field(default=0.0, init=False)
    _restarted: bool = field(default=False, init=False)
    _reported: dict[tuple[Place, str], None] = field(default_factory=dict, init=False)

    async def run(self) -> None:
        """Keep the store true until cancelled."""
        while True:
            try:
                await self._advance()
            except NotFound as error:
                await self._absent(error)
            except Expired as error:
                await self._forget(error)
            except KubeError as error:
                await self._pause(error)

    async def _advance(self) -> None:
        if self._version and self._age() < self.relist_after:
            await self._follow()
        else:
            await self._list()

    def _age(self) -> float:
        return _now() - self._listed_at

    async def _absent(self, error: NotFound) -> None:
        if not self.missing:
            log.info("the API does not serve %s; looking again every %.0f s", self.path, self.missing_pause)
        self.missing, self.trouble, self._version = True, error, ""
        self.settled.set()
        await asyncio.sleep(jittered(self.missing_pause))

    async def _forget(self, error: Expired) -> None:
        """List again: at once, unless the last list did not even outlive the start of its watch."""
        log.info("the past of %s is gone; listing it again", self.path)
        self._version = ""
        if self._restarted:
            await self._pause(error)
        self._restarted = True

    async def _pause(self, error: KubeError) -> None:
        if self.trouble is None:
            log.warning("the store of %s may be behind: %s; trying again until it is true", self.path, error)
        self.trouble = error
        await asyncio.sleep(self.backoff.next())

    def _well(self) -> None:
        if self.trouble is not None:
            log.info("the store of %s is true again", self.path)
        self.missing, self.trouble = False, None

    def _params(self) -> dict[str, str]:
        params = {"labelSelector": self.label_selector, "fieldSelector": self.field_selector}
        return {name: value for name, value in params.items() if value}

    # listing

    async def _list(self) -> None:
        fresh: dict[Place, T] = {}
        unreadable: set[Place] = set()
        params = {**self._params(), "limit": str(PAGE_SIZE)}
        page = await self._page(params)
        version = page.metadata.resource_version  # the first page's: what changed since, the watch tells
        while True:
            for data in page.objects():
                self._sort(data, fresh, unreadable)
            if not page.metadata.continue_:
                break
            page = await self._page({**params, "continue": page.metadata.continue_})
        self._reconcile(fresh, unreadable)
        self._version = version
        self.store.advance(self._version)
        self._listed_at = _now()
        self._well()
        self.synced.set()
        self.settled.set()

    async def _page(self, params: dict[str, str]) -> Page:
        accept = METADATA_LIST if self.metadata_only else JSON
        body = await self.client.raw("GET", self.path, params, accept=accept)
        try:
            return read_page(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreachable(f"{self.path} answered with no list: {error}") from None

    def _sort(self, data: bytes, fresh: dict[Place, T], unreadable: set[Place]) -> None:
        new = self._decoded(data)
        if isinstance(new, Head):
            unreadable.add((new.metadata.namespace, new.metadata.name))
        elif new is not None:
            fresh[new.metadata.namespace, new.metadata.name] = new

    def _reconcile(self, fresh: dict[Place, T], unreadable: set[Place]) -> None:
        for place in [place for place in self.store.places() if place not in fresh and place not in unreadable]:
            self._drop(place)
        for new in fresh.values():
            self._put(new)

    # watching

    async def _follow(self) -> None:
        seconds = random.randint(*WATCH_SECONDS)  # noqa: S311 - no secret
        params = {
            **self._params(),
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
            "resourceVersion": self._version,
        }
        accept = METADATA_EVENT if self.metadata_only else JSON
        silence = seconds + SILENCE_MARGIN
        lines = self.client.lines(self.path, params, accept=accept, silence=silence, on_open=self._well)
        started, heard = _now(), False
        try:
            async with aclosing(lines):
                async for line in lines:
                    self._hear(line)
                    heard = True
        finally:
            steady = heard or _now() - started >= STEADY
            if steady:
                self.backoff.reset()
                self._restarted = False
        if not steady:
            raise Unreachable(f"the watch of {self.path} was closed at once")

    def _hear(self, line: bytes) -> None:
        try:
            self._take(read_event(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unreachable(f"the watch of {self.path} was cut off in the middle of a line") from None

    def _take(self, event: Event) -> None:
        match event.type:
            case "ADDED" | "MODIFIED":
                self._changed(bytes(event.object))
            case "DELETED":
                self._gone(bytes(event.object))
            case "BOOKMARK":
                self._move_on(read_head(event.object).metadata.resource_version)
            case "ERROR":
                raise self._error(event)

    def _changed(self, data: bytes) -> None:
        new = self._decoded(data)
        if isinstance(new, Head):
            self._move_on(new.metadata.resource_version)
        elif new is not None:
            self._put(new)
            self._move_on(new.metadata.resource_version)

    def _gone(self, data: bytes) -> None:
        meta = read_head(data).metadata
        self._drop((meta.namespace, meta.name))
        self._move_on(meta.resource_version)

    def _move_on(self, version: str) -> None:
        if version:
            self._version = version
            self.store.advance(version)

    def _error(self, event: Event) -> ApiError:
        status = read_refused(event.object)
        return refusal(msgspec.structs.replace(status, message=status.message or f"the watch of {self.path} failed"))

    # both

    def _put(self, new: T) -> None:
        old = self.store.get(new.metadata.namespace, new.metadata.name)
        if old is not None and old.metadata.resource_version == new.metadata.resource_version:
            return
        self.store.put(new)
        self.on_change(old, new)

    def _drop(self, place: Place) -> None:
        old = self.store.drop(*place)
        if old is not None:
            self.on_change(old, None)

    def _decoded(self, data: bytes) -> T | Head | None:
        """The object; its head when it cannot be decoded; None when not even that can."""
        try:
            return self.decode(data)
        except Exception as error:
            return self._undecodable(data, error)

    def _undecodable(self, data: bytes, error: Exception) -> Head | None:
        try:
            head = read_head(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.error("%s holds an object without a name: %s", self.path, error)
            return None
        place = (head.metadata.namespace, head.metadata.name)
        version = (place, head.metadata.resource_version)
        if version not in self._reported:
            self._reported[version] = None
            if len(self._reported) > REMEMBERED:
                del self._reported[next(iter(self._reported))]
            log.error("cannot read %s %s of %s: %s; keeping what was known of it", *place, self.path, error)
            self.on_undecodable(place, error)
        return head


def _now() -> float:
    return asyncio.get_running_loop().time()
