"""The real API does as our own server pretends."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from serinus.kube import (
    AlreadyExists,
    Client,
    Conflict,
    ConnectionOptions,
    Informer,
    Invalid,
    LeaderElection,
    LeadershipLost,
    NotFound,
    Store,
    Unauthorized,
    load_connection,
)
from serinus.kube.retry import Backoff

pytestmark = pytest.mark.cluster


@pytest.fixture
async def real(cluster, no_kubeconfig_of_this_machine):
    """A client of the cluster, through its kubeconfig."""
    options = ConnectionOptions(kubeconfig=str(cluster.kubeconfig), context=cluster.context)
    async with Client(load_connection(options), user_agent="serinus/test") as client:
        yield client


@pytest.fixture
def maps(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture
async def informed():
    """Start informers; they end with the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(client: Client, path: str, **settings: Any) -> Informer[Any]:
        informer: Informer[Any] = Informer(
            client, path, Store(), backoff=Backoff(0.01, 0.1), missing_pause=0.1, **settings
        )
        tasks.append(asyncio.create_task(informer.run()))
        return informer

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def data(informer: Informer[Any]) -> dict[str, Any]:
    return {held.metadata.name: held.raw.get("data") for held in informer.store.values() if held.metadata.name != CA}


CA = "kube-root-ca.crt"
"""The one ConfigMap that a cluster puts into each namespace by itself."""


async def test_an_object_lives_through_all_the_verbs(real, maps):
    made = await real.create(maps, config_map("a", x="1"))
    with pytest.raises(AlreadyExists):
        await real.create(maps, config_map("a"))
    path = f"{maps}/a"
    assert (await real.get(path))["data"] == {"x": "1"}
    assert (await real.patch(path, {"data": {"y": "2"}}))["data"] == {"x": "1", "y": "2"}
    assert (await real.patch(path, {"data": {"z": "3"}}, kind="strategic"))["data"]["z"] == "3"
    removal = [{"op": "remove", "path": "/data/z"}]
    assert "z" not in (await real.patch(path, removal, kind="json"))["data"]
    with pytest.raises(Conflict):
        await real.replace(path, made | {"data": {}})
    with pytest.raises(Invalid) as caught:
        await real.create(maps, config_map("Not A Name"))
    assert [cause.field for cause in caught.value.causes] == ["metadata.name"]
    await real.delete(path, {"propagationPolicy": "Background"})
    with pytest.raises(NotFound, match='configmaps "a" not found'):
        await real.get(path)


async def test_an_apply_owns_its_fields_and_a_stranger_does_not_take_them(real, maps):
    applied = await real.patch(f"{maps}/a", config_map("a", x="1"), kind="apply")
    assert [owner["manager"] for owner in applied["metadata"]["managedFields"]] == ["serinus"]
    with pytest.raises(Conflict, match='conflict with "serinus"'):
        await real.patch(f"{maps}/a", config_map("a", x="2"), kind="apply", params={"fieldManager": "other"})


async def test_a_wrong_token_says_what_to_do(cluster):
    options = ConnectionOptions(server=cluster.server, certificate_authority=str(cluster.ca), token="wrong")
    async with Client(load_connection(options)) as client:
        with pytest.raises(Unauthorized, match="check the token"):
            await client.get("/api/v1/pods")


async def test_an_informer_pages_through_a_list_and_then_follows(real, maps, informed, until, monkeypatch):
    monkeypatch.setattr("serinus.kube.watch.PAGE_SIZE", 3)
    for number in range(8):
        await real.create(maps, config_map(f"m{number}", n=str(number)))
    informer = informed(real, maps)
    await informer.synced.wait()
    assert data(informer) == {f"m{number}": {"n": str(number)} for number in range(8)}
    await real.patch(f"{maps}/m0", {"data": {"n": "changed"}})
    await real.delete(f"{maps}/m1")
    await real.create(maps, config_map("m8"))
    await until(lambda: "m8" in data(informer))
    assert data(informer)["m0"] == {"n": "changed"}
    assert "m1" not in data(informer)
    listed, watched = informer.store.get(*place(informer, "m2")), informer.store.get(*place(informer, "m0"))
    assert [held.raw["kind"] for held in (listed, watched)] == ["ConfigMap"] * 2
    assert all("managedFields" not in held.raw["metadata"] for held in (listed, watched))


def place(informer: Informer[Any], name: str) -> tuple[str, str]:
    return next(place for place in informer.store.places() if place[1] == name)


async def test_metadata_only_brings_nothing_else(real, maps, informed, until):
    await real.create(maps, config_map("listed", x="1"))
    informer = informed(real, maps, metadata_only=True, field_selector=f"metadata.name!={CA}")
    await informer.synced.wait()
    await real.create(maps, config_map("watched", x="1"))
    await until(lambda: len(informer.store) == 2)
    assert {held.metadata.name: sorted(held.raw) for held in informer.store.values()} == {
        "listed": ["apiVersion", "kind", "metadata"],
        "watched": ["apiVersion", "kind", "metadata"],
    }


class Line:
    """A TCP line to the API server that can be cut, as by a restart or a load balancer."""

    def __init__(self, server: str) -> None:
        host, _, port = server.removeprefix("https://").rpartition(":")
        self._target = (host, int(port))
        self._writers: set[asyncio.StreamWriter] = set()
        self._calls: set[asyncio.Task[Any]] = set()
        self.up = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._calls.add(task)
        if not self.up:
            await self._end(writer)
            return
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        await self._end(writer)

    async def _end(self, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def cut(self) -> None:
        self.up = False
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._calls)
        self._writers.clear()


async def test_what_happens_while_the_line_is_cut_is_seen_afterwards(cluster, real, maps, informed, until):
    line = Line(cluster.server)
    async with await asyncio.start_server(line.carry, "127.0.0.1", 0) as server:
        options = ConnectionOptions(
            server=f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}",
            certificate_authority=str(cluster.ca),
            token=cluster.admin_token,
        )
        async with Client(load_connection(options)) as client:
            for name in ("a", "b"):
                await real.create(maps, config_map(name, x="1"))
            informer = informed(client, maps)
            await informer.synced.wait()
            await line.cut()
            await real.patch(f"{maps}/a", {"data": {"x": "2"}})
            await real.delete(f"{maps}/b")
            await real.create(maps, config_map("c"))
            await until(lambda: informer.trouble is not None)
            line.up = True
            await until(lambda: data(informer) == {"a": {"x": "2"}, "c": None})
            await until(lambda: informer.trouble is None)
        await line.cut()


async def test_a_definition_that_comes_later_is_found(real, informed, until):
    group = "later.kube.serinus.test"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                }
            ],
        },
    }
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    path = f"/apis/{group}/v1/things"
    informer = informed(real, path)
    await informer.settled.wait()
    assert informer.missing
    try:
        await real.create(definitions, definition)
        await informer.synced.wait()
        thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": {"n": 1}}
        await real.create(f"/apis/{group}/v1/namespaces/default/things", thing)
        await until(lambda: len(informer.store) == 1)
    finally:
        await real.delete(f"{definitions}/things.{group}")
    await until(lambda: len(informer.store) == 0)


async def test_a_lease_passes_from_one_to_the_next(real, namespace):
    quick = {"lease_duration": 6.0, "renew_deadline": 4.0, "retry_period": 0.05}
    one, two = (LeaderElection(real, namespace, "lease", name, **quick) for name in ("one", "two"))
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/lease"
    led = asyncio.Event()

    async def second() -> None:
        async with two.lead():
            led.set()
            await asyncio.sleep(60)

    async with one.lead():
        waiting = asyncio.create_task(second())
        spec = (await real.get(lease))["spec"]
        assert (spec["holderIdentity"], spec["leaseDurationSeconds"]) == ("one", 6)
        await asyncio.sleep(0.2)
        assert not led.is_set()
    await led.wait()
    await real.patch(lease, {"spec": {"holderIdentity": "thief"}})
    with pytest.raises(LeadershipLost, match="thief holds it now"):
        await waiting
