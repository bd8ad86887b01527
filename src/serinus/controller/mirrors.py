"""Mirrors of other people's kinds: each is watched only once a Rollout names an object of it."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

from serinus.api.kinds import Kind
from serinus.api.meta import ObjectMeta
from serinus.api.workload import Foreign
from serinus.controller.decoding import decode_foreign
from serinus.kube import Client, Forbidden, Informer, Key, Queue, Store
from serinus.plan import Ref

OnChange = Callable[[Kind, Foreign | None, Foreign | None], None]

_PATIENCE = 5.0
"""Seconds after which a mirror that is not there yet is asked why."""


class Mirrors:
    """Stores of foreign kinds by kind and, where one namespace is served, by namespace."""

    def __init__(self, client: Client, queue: Queue[Key], namespace: str, on_change: OnChange) -> None:
        self._client = client
        self._queue = queue
        self._namespace = namespace
        self._on_change = on_change
        self._informers: dict[tuple[Kind, str], Informer[Foreign]] = {}
        self._started: asyncio.Queue[Informer[Foreign]] = asyncio.Queue()
        self._parked: dict[tuple[Kind, str], set[Key]] = {}

    async def run(self) -> None:
        """Keep all mirrors true, those that are asked for later included, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                informer = await self._started.get()
                group.create_task(informer.run())
                group.create_task(self._wake(informer))

    def watch(self, kind: Kind, namespace: str) -> Informer[Foreign]:
        """The informer of a kind; started now if nobody has asked for it before."""
        scope = (kind, namespace if self._namespace else "")
        if scope not in self._informers:
            store: Store[Foreign] = Store({"owner": owner})
            path = kind.path(scope[1])
            changed = partial(self._on_change, kind)
            informer = Informer(self._client, path, store, decode=decode_foreign, on_change=changed)
            self._informers[scope] = informer
            self._started.put_nowait(informer)
        return self._informers[scope]

    def store(self, ref: Ref) -> Store[Foreign] | None:
        """The mirror that an object is in, if it is watched."""
        informer = self._informers.get((ref.kind, ref.namespace if self._namespace else ""))
        return informer.store if informer else None

    def find(self, ref: Ref) -> Foreign | None:
        """An object, if it is seen."""
        store = self.store(ref)
        return store.get(ref.namespace, ref.name) if store else None

    def matching(self, ref: Ref) -> Iterator[tuple[Ref, Foreign]]:
        """The object of a reference, or, where it names none, every one of the kind in the namespace."""
        store = self.store(ref)
        found = store.get(ref.namespace, ref.name) if store and ref.name else None
        for item in [found] if found else store.values(ref.namespace) if store and not ref.name else ():
            yield replace(ref, name=item.metadata.name), item

    def kind(self, full_name: str) -> Kind | None:
        """The kind of that name, with version and group, among those that are watched."""
        return next((kind for kind, _ in self._informers if kind.full_name == full_name), None)

    def owned(self, uid: str) -> Iterator[tuple[Ref, Foreign]]:
        """The objects that a Rollout controls."""
        for (kind, _), informer in self._informers.items():
            for item in informer.store.by("owner", uid):
                yield Ref(kind, item.metadata.namespace, item.metadata.name), item

    def are_ready(self, refs: Iterable[Ref], key: Key) -> bool:
        """Whether all is known that can be known of some objects; if not, the key is added when it is."""
        waiting = [ref for ref in refs if not _is_known(self.watch(ref.kind, ref.namespace))]
        for ref in waiting:
            self._parked.setdefault((ref.kind, ref.namespace if self._namespace else ""), set()).add(key)
        return not waiting

    def unseen(self, ref: Ref) -> str:
        """Why an object cannot be looked for; empty when it can."""
        return unseen(ref.kind, self.watch(ref.kind, ref.namespace))

    async def _wake(self, informer: Informer[Foreign]) -> None:
        """Add the keys that waited for a mirror, once it is known what can be known of it."""
        scope = next(scope for scope, item in self._informers.items() if item is informer)
        await known(informer)
        for key in self._parked.pop(scope, ()):
            self._queue.add(key)


def unseen(kind: Kind, informer: Informer[Any]) -> str:
    """Why objects of a kind cannot be looked for; empty when they can."""
    if informer.missing:
        return (
            f"{kind.kind} ({kind.api_version}) is not installed in this cluster: "
            f"install the custom resource definition {kind.plural}.{kind.api_version.partition('/')[0]}"
        )
    if not informer.synced.is_set() and isinstance(informer.trouble, Forbidden):
        return f"the controller may not read {kind.plural}: {informer.trouble.message}"
    return ""


async def known(informer: Informer[Any]) -> None:
    """Wait until it is known what can be known of a kind: its objects, that it is missing, or that it is not for us."""
    while not _is_known(informer):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await informer.settled.wait()


def _is_known(informer: Informer[Any]) -> bool:
    return informer.settled.is_set() or isinstance(informer.trouble, Forbidden)


class Controllable(Protocol):
    """Whatever another object may control."""

    @property
    def metadata(self) -> ObjectMeta: ...


def owner(item: Controllable) -> Iterable[str]:
    """The uid of whatever controls an object, for an index."""
    controller = item.metadata.controller
    return (controller.uid,) if controller else ()
