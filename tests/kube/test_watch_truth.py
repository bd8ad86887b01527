"""After any sequence of changes and faults the store equals the server's truth, and so does what was told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serinus.kube import Client, ConnectionOptions, Informer, Store, load_connection
from serinus.kube.retry import Backoff

names = st.sampled_from(["n1/a", "n1/b", "n2/a", "n2/c"])
acts = st.one_of(
    st.tuples(st.just("put"), names, st.integers(0, 9)),
    st.tuples(st.just("delete"), names),
    st.tuples(st.sampled_from(["tell", "hang up", "half a line", "compact", "breathe"])),
)


async def play(api: Any, act: tuple[Any, ...]) -> None:
    match act:
        case ("put", name, size):
            api.put(name, size=size)
        case ("delete", name):
            api.delete(name)
        case ("tell",):
            await api.tell()
        case ("compact",):
            api.compact()
        case ("breathe",):
            await asyncio.sleep(0.005)
        case ("hang up" | "half a line" as how,):
            await api.hang_up(how == "half a line")


def truth(api: Any) -> dict[tuple[str, str], Any]:
    return {tuple(name.split("/")): thing["spec"] for name, thing in api.objects.items()}


@pytest.fixture(name="machinery")
def _machinery(request: pytest.FixtureRequest) -> Any:
    """The server's classes; conftest is no module that could be imported."""
    return next(p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "API") and hasattr(p, "serve"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(acts, max_size=6), after=st.lists(acts, max_size=25))
def test_the_store_ends_as_the_servers_truth(machinery, before, after):
    asyncio.run(scenario(machinery, before, after))


async def scenario(machinery: Any, before: list[Any], after: list[Any]) -> None:
    api = machinery.API()
    runner = await machinery.serve(api)
    try:
        async with Client(load_connection(ConnectionOptions(server=api.url))) as client:
            await follow(
                api, Informer(client, machinery.PATH, new_store(), backoff=Backoff(0.0005, 0.002)), before, after
            )
    finally:
        await runner.cleanup()


def new_store() -> Store[Any]:
    return Store({"size": lambda it: [str(it.raw["spec"]["size"])]})


async def follow(api: Any, informer: Informer[Any], before: list[Any], after: list[Any]) -> None:
    store = informer.store
    told: dict[tuple[str, str], Any] = {}

    def hear(old: Any, new: Any) -> None:
        place = ((new or old).metadata.namespace, (new or old).metadata.name)
        assert told.get(place) == (old and old.raw["spec"])  # each change begins where the last one ended
        if new is None:
            del told[place]
        else:
            told[place] = new.raw["spec"]

    informer.on_change = hear
    for act in before:
        await play(api, act)
    task = asyncio.create_task(informer.run())
    try:
        for act in after:
            await play(api, act)
        async with asyncio.timeout(20):
            await informer.synced.wait()
            while {place: store.get(*place).raw["spec"] for place in store.places()} != truth(api):
                assert not task.done(), task.exception()
                await api.tell()
                await asyncio.sleep(0.002)
        assert told == truth(api)
        assert len(store.by("size", "3")) == sum(spec["size"] == 3 for spec in truth(api).values())
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
