"""Whatever happens on the way, the store comes to hold what the server holds."""

from __future__ import annotations

import asyncio
import logging

import msgspec
import pytest
from aiohttp import web

from serinus.kube import Expired, Object, Unreachable, decode_object


class Meta(msgspec.Struct, rename="camel"):
    name: str
    namespace: str
    resource_version: str


class Malformed(msgspec.Struct):
    metadata: Meta


class BrokenError(Exception):
    pass


async def test_all_pages_of_a_list_are_in_the_store_when_it_is_synced(api, mirror):
    for name in "abcde":
        api.put(name, size=1)
    one = mirror()
    await one.informer.synced.wait()
    assert one.specs() == {name: {"size": 1} for name in "abcde"}
    assert one.store.resource_version == str(api.version)


async def test_managed_fields_are_dropped(api, mirror, until):
    api.put("listed")
    one = mirror()
    await one.informer.synced.wait()
    api.put("watched")
    await api.tell()
    await until(lambda: len(one.store) == 2)
    assert all("managedFields" not in held.raw["metadata"] for held in one.store.values())


async def test_changes_are_told_with_the_old_and_the_new_object(api, mirror, until):
    one = mirror()
    await one.informer.synced.wait()
    for change in (lambda: api.put("a", size=1), lambda: api.put("a", size=2), lambda: api.delete("a")):
        change()
        await api.tell()
    await until(lambda: len(one.told) == 3)
    assert [(old and old.raw["spec"], new and new.raw["spec"]) for _, old, new in one.told] == [
        (None, {"size": 1}),
        ({"size": 1}, {"size": 2}),
        ({"size": 2}, None),
    ]


async def test_a_watch_resumes_from_the_last_bookmark(api, mirror, until):
    one = mirror()
    await one.informer.synced.wait()
    api.put("a")
    await api.tell()
    await until(lambda: len(one.store) == 1)
    await until(lambda: len(api.watches) == 1)
    await api.hang_up()
    await until(lambda: api.seen[-1].query.get("resourceVersion") == str(api.version))
    assert sum("watch" not in request.query for request in api.seen) == 1  # it was listed only once


@pytest.mark.parametrize("half_a_line", [False, True])
async def test_a_cut_connection_loses_no_change(api, mirror, until, half_a_line):
    one = mirror()
    await one.informer.synced.wait()
    await until(lambda: bool(api.watches))
    await api.hang_up(half_a_line)
    api.put("a", size=1)
    await until(lambda: one.specs() == {"a": {"size": 1}})
    await until(lambda: one.informer.trouble is None)


@pytest.mark.parametrize("while_watching", [True, False], ids=["error event", "answer 410"])
async def test_an_expired_version_lists_again_and_tells_what_is_gone(api, mirror, until, while_watching):
    for name in "abc":
        api.put(name, size=1)
    one = mirror()
    await one.informer.synced.wait()
    await until(lambda: bool(api.watches))
    api.delete("b")
    api.put("c", size=2)
    api.put("d", size=1)
    api.compact()
    if while_watching:
        await api.tell()
    else:
        await api.hang_up()
    await until(lambda: one.specs() == {"a": {"size": 1}, "c": {"size": 2}, "d": {"size": 1}})
    later = one.told[3:]
    assert {(name, old is None, new is None) for name, old, new in later} == {
        ("b", False, True),
        ("c", False, False),
        ("d", True, False),
    }


async def test_a_list_that_expires_between_its_pages_is_begun_again(api, mirror):
    for name in "abcd":
        api.put(name)

    async def expired(request: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "code": 410, "reason": "Expired", "message": "old"}, status=410)

    async def first_page(request: web.Request) -> web.Response:
        return api.list(request)

    api.faults.extend([first_page, expired])
    one = mirror()
    await one.informer.synced.wait()
    assert sorted(one.specs()) == list("abcd")


async def test_a_path_that_the_api_does_not_know_is_asked_for_until_it_does(api, mirror, caplog):
    caplog.set_level(logging.INFO, "serinus.kube.watch")
    api.served = False
    api.put("a")
    one = mirror()
    await one.informer.settled.wait()
    assert one.informer.missing
    assert not one.informer.synced.is_set()
    await asyncio.sleep(0.05)
    api.served = True
    await one.informer.synced.wait()
    assert not one.informer.missing
    assert list(one.specs()) == ["a"]
    assert sum("does not serve" in record.message for record in caplog.records) == 1


async def test_one_object_that_cannot_be_decoded_stops_no_other(api, mirror, until, caplog):
    reported = []

    def decode(data: bytes) -> Object:
        thing = decode_object(data)
        if thing.raw["spec"].get("broken"):
            raise BrokenError("spec.broken: not like this")
        return thing

    api.put("a", size=1)
    api.put("b", broken=True)
    one = mirror(decode=decode, on_undecodable=lambda place, error: reported.append((place, str(error))))
    await one.informer.synced.wait()
    assert one.specs() == {"a": {"size": 1}}
    api.put("a", broken=True)
    api.put("c", size=3)
    await api.tell()
    await until(lambda: len(one.store) == 2)
    assert one.specs() == {"a": {"size": 1}, "c": {"size": 3}}  # the last readable version stays
    api.put("d", size=4)
    api.compact()
    await api.tell()  # and a new list keeps it, and reports nothing twice
    await until(lambda: "d" in one.specs())
    assert one.specs() == {"a": {"size": 1}, "c": {"size": 3}, "d": {"size": 4}}
    assert reported == [
        (("default", "b"), "spec.broken: not like this"),
        (("default", "a"), "spec.broken: not like this"),
    ]
    api.put("a", size=4)
    api.delete("b")
    await api.tell()
    await until(lambda: one.specs() == {"a": {"size": 4}, "c": {"size": 3}, "d": {"size": 4}})


async def test_a_decoder_may_answer_with_a_type_of_its_own_for_what_is_malformed(api, mirror, until):
    api.put("a", size="x")
    one = mirror(decode=msgspec.json.Decoder(Malformed).decode)
    await one.informer.synced.wait()
    assert isinstance(one.store.get("default", "a"), Malformed)


@pytest.mark.parametrize(
    "line", [b"not json\n", b'{"type":"DELETED","object":{}}\n', b'{"type":"BOOKMARK","object":3}\n']
)
async def test_nonsense_in_a_watch_is_a_lost_watch(api, mirror, until, line):
    async def nonsense(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(line)
        return response

    one = mirror()
    await one.informer.synced.wait()
    await until(lambda: bool(api.watches))
    api.faults.append(nonsense)
    await api.hang_up()
    await until(lambda: not api.faults)
    api.put("a", size=1)
    await api.tell()
    await until(lambda: one.specs() == {"a": {"size": 1}})


async def test_a_server_that_fails_is_asked_until_it_answers(api, mirror, caplog):
    async def broken(request: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}, status=403)

    api.faults.extend([broken] * 5)
    api.put("a")
    one = mirror()
    await one.informer.synced.wait()
    assert list(one.specs()) == ["a"]
    assert sum(record.levelno == logging.WARNING for record in caplog.records) == 1  # one outage, one line


async def test_a_watch_that_is_closed_at_once_counts_as_trouble(api, mirror, until):
    async def closes(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        return response

    api.faults.append(lambda request: _list(api, request))
    api.faults.extend([closes] * 3)
    one = mirror()
    await until(lambda: isinstance(one.informer.trouble, Unreachable))
    api.put("a")
    await until(lambda: list(one.specs()) == ["a"])


async def _list(api, request):
    return api.list(request)


async def test_an_old_list_is_checked_against_a_new_one(api, mirror, until):
    one = mirror(relist_after=0.0)
    await until(lambda: sum("watch" not in request.query for request in api.seen) > 2)
    assert one.informer.synced.is_set()


async def test_metadata_only_asks_for_metadata(api, mirror):
    one = mirror(metadata_only=True, label_selector="app=x", field_selector="metadata.name=y")
    await one.informer.synced.wait()
    assert "as=PartialObjectMetadataList" in api.seen[0].headers["Accept"]
    assert api.seen[0].query["labelSelector"] == "app=x"
    assert api.seen[0].query["fieldSelector"] == "metadata.name=y"


async def test_a_server_that_forgets_at_once_every_time_is_not_listed_in_a_hot_loop(api, mirror, until):
    async def forgotten(request: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "code": 410, "reason": "Expired", "message": "old"}, status=410)

    api.put("a")
    for _ in range(3):
        api.faults.extend([lambda request: _list(api, request), forgotten])
    one = mirror()
    await until(lambda: isinstance(one.informer.trouble, Expired))
    await until(lambda: one.informer.trouble is None and not api.faults)
    assert list(one.specs()) == ["a"]
