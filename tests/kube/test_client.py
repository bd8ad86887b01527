"""What is sent, what is tried again, and what a user is told."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import aclosing

import pytest
from aiohttp import web

from serinus.kube import (
    ApiError,
    Client,
    Conflict,
    ConnectionOptions,
    Forbidden,
    Invalid,
    TooManyRequests,
    Unreachable,
    load_connection,
)

POD = "/api/v1/namespaces/default/pods/x"


def answer(code=200, body=None, **headers):
    async def handler(request):
        handler.calls.append((request, await request.read()))
        return web.json_response(body or {}, status=code, headers={k.replace("_", "-"): v for k, v in headers.items()})

    handler.calls = []
    return handler


def refused(code, reason="", message="no", **headers):
    return answer(code, {"kind": "Status", "code": code, "reason": reason, "message": message}, **headers)


async def hang_up(request):
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("merge", "application/merge-patch+json"),
        ("strategic", "application/strategic-merge-patch+json"),
        ("json", "application/json-patch+json"),
        ("apply", "application/apply-patch+yaml"),
    ],
)
async def test_a_patch_names_its_kind(api, client, kind, content_type):
    handler = answer()
    api.faults.append(handler)
    await client.patch(POD, {"a": 1}, kind=kind)
    request, body = handler.calls[0]
    assert (request.method, request.content_type, json.loads(body)) == ("PATCH", content_type, {"a": 1})


async def test_an_apply_carries_a_field_manager(api, client):
    api.faults.extend([answer(), answer()])
    await client.patch(POD, {}, kind="apply")
    await client.patch(POD, {}, kind="apply", params={"fieldManager": "other", "force": "true"})
    assert [request.query["fieldManager"] for request in api.seen] == ["serinus", "other"]


@pytest.mark.parametrize(
    ("call", "method"),
    [
        (lambda c: c.get(POD, {"a": "b c"}), "GET"),
        (lambda c: c.create(POD, {}, {"a": "b c"}), "POST"),
        (lambda c: c.replace(POD, {}, {"a": "b c"}), "PUT"),
        (lambda c: c.delete(POD, {}, {"a": "b c"}), "DELETE"),
    ],
)
async def test_each_verb_has_its_method(api, client, call, method):
    api.faults.append(answer(body={"ok": True}))
    assert await call(client) == {"ok": True}
    assert (api.seen[0].method, api.seen[0].path, api.seen[0].query["a"]) == (method, POD, "b c")


@pytest.mark.parametrize("fault", [refused(500), refused(503), refused(429, Retry_After="0"), hang_up])
async def test_a_read_is_tried_again(api, client, fault):
    api.faults.extend([fault, answer(body={"ok": True})])
    assert await client.get(POD) == {"ok": True}


async def test_a_read_that_keeps_failing_ends_with_the_last_error(api, client):
    api.faults.extend([refused(503, message=f"try {number}") for number in range(4)])
    with pytest.raises(ApiError, match="try 3"):
        await client.get(POD)


async def test_a_write_is_tried_again_when_the_api_put_it_off(api, client):
    api.faults.extend([refused(429, Retry_After="0"), answer(body={"ok": True})])
    assert await client.create(POD, {}) == {"ok": True}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(refused(500), ApiError), (refused(429), TooManyRequests), (hang_up, Unreachable)],
    ids=["it may have been done", "a disruption budget forbids it", "it may have arrived"],
)
async def test_a_write_is_not_repeated_otherwise(api, client, fault, kind):
    api.faults.extend([fault, answer()])
    with pytest.raises(kind):
        await client.patch(POD, {})
    assert len(api.seen) == 1


async def test_who_is_told_to_wait_for_long_hears_of_it_at_once(api, client):
    api.faults.append(refused(429, Retry_After="60"))
    with pytest.raises(TooManyRequests) as caught:
        await client.get(POD)
    assert caught.value.retry_after == 60.0


@pytest.mark.parametrize(
    ("code", "reason", "kind", "hint"),
    [
        (400, "BadRequest", Invalid, ""),
        (422, "Invalid", Invalid, ""),
        (403, "Forbidden", Forbidden, "; ask for a Role"),
        (409, "Conflict", Conflict, "; read it again"),
    ],
)
async def test_a_refusal_keeps_the_apis_words_and_says_what_to_do(api, client, code, reason, kind, hint):
    api.faults.append(refused(code, reason, "the API's words"))
    with pytest.raises(kind) as caught:
        await client.patch(POD, {})
    assert caught.value.message == "the API's words"
    assert str(caught.value).startswith("the API's words" + hint)


async def test_the_fields_that_the_api_objects_to_are_named(api, client):
    causes = [{"field": "spec.replicas", "message": "must be positive", "reason": "FieldValueInvalid"}]
    status = {"kind": "Status", "code": 422, "reason": "Invalid", "message": "bad", "details": {"causes": causes}}
    api.faults.append(answer(422, status))
    with pytest.raises(Invalid) as caught:
        await client.create(POD, {})
    assert [(cause.field, cause.message) for cause in caught.value.causes] == [("spec.replicas", "must be positive")]


async def test_an_answer_that_is_no_json_asks_whether_this_is_a_cluster(api, client):
    async def page(request):
        return web.Response(text="<html>welcome</html>", content_type="text/html")

    api.faults.append(page)
    with pytest.raises(Unreachable, match="is the server really a Kubernetes API"):
        await client.get(POD)


async def test_a_redirect_is_not_followed(api, client):
    async def login(request):
        raise web.HTTPFound("https://login.example.dev/")

    api.faults.append(login)
    with pytest.raises(Unreachable, match=r"redirected to https://login\.example\.dev/"):
        await client.patch(POD, {})
    assert len(api.seen) == 1


async def test_a_refused_connection_says_where_and_what_to_do():
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with Client(load_connection(ConnectionOptions(server=server))) as client:
            with pytest.raises(Unreachable, match=f"cannot reach {server}: connection refused; check that") as caught:
                await client.create(POD, {})
    assert not caught.value.sent


async def test_a_slow_server_is_given_up_at_the_time_limit(api):
    async def sleep(request):
        await asyncio.sleep(30)
        return web.Response()

    api.faults.append(sleep)
    options = ConnectionOptions(server=api.url, request_timeout=0.5)
    async with Client(load_connection(options)) as client:
        with pytest.raises(Unreachable, match=r"did not answer GET .* within 0.5 s"):
            await client.get(POD)
    assert len(api.seen) == 1


async def test_a_stream_that_does_not_begin_is_given_up_at_the_time_limit(api):
    async def sleep(request):
        await asyncio.sleep(30)
        return web.Response()

    api.faults.append(sleep)
    async with Client(load_connection(ConnectionOptions(server=api.url, request_timeout=0.05))) as client:
        with pytest.raises(Unreachable, match="did not answer"):
            _ = [line async for line in client.lines(POD + "/log")]


async def test_a_stream_that_falls_silent_is_lost(api, client):
    async def one_line(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        await asyncio.sleep(30)
        return response

    api.faults.append(one_line)
    found = []
    with pytest.raises(Unreachable, match="did not answer"):  # noqa: PT012
        async for line in client.lines(POD + "/log", silence=0.05):
            found.append(line)  # noqa: PERF401 - what came before the loss counts
    assert found == [b"one"]


async def test_lines_keep_the_last_one_even_without_its_end(api, client):
    async def log(request):
        return web.Response(text="one\n\ntwo\nthree")

    api.faults.append(log)
    assert [line async for line in client.lines(POD + "/log")] == [b"one", b"two", b"three"]


async def test_lines_of_what_is_not_there_are_refused(api, client):
    api.faults.append(refused(404, "NotFound", "pods x not found"))
    with pytest.raises(ApiError, match="pods x not found"):
        _ = [line async for line in client.lines(POD + "/log")]


async def test_leaving_a_stream_closes_its_connection(api, client, until):
    ended = asyncio.Event()

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"line\n")
                await asyncio.sleep(0.001)
        finally:
            ended.set()

    api.faults.append(endless)
    async with aclosing(client.lines(POD + "/log")) as lines:
        async for _ in lines:
            break
    await ended.wait()


async def test_every_attempt_is_told(api):
    told = []
    connection = load_connection(ConnectionOptions(server=api.url))
    api.faults.extend([refused(503), answer(), refused(404), hang_up])
    async with Client(connection, on_request=lambda *what: told.append(what[:3])) as client:
        await client.get(POD)
        for _ in range(2):
            with pytest.raises((ApiError, Unreachable)):
                await client.create(POD, {})
    assert told == [("GET", POD, 503), ("GET", POD, 200), ("POST", POD, 404), ("POST", POD, 0)]


async def test_the_user_agent_and_impersonation_go_with_every_request(api):
    options = ConnectionOptions(server=api.url, as_user="eva", as_group=("ops", "dev"), as_uid="7", token="t0")
    handler = answer()
    api.faults.append(handler)
    async with Client(load_connection(options), user_agent="serinus/1.2") as client:
        await client.get(POD)
    headers = handler.calls[0][0].headers
    assert headers["User-Agent"] == "serinus/1.2"
    assert headers["Authorization"] == "Bearer t0"
    assert (headers["Impersonate-User"], headers["Impersonate-Uid"]) == ("eva", "7")
    assert headers.getall("Impersonate-Group") == ["ops", "dev"]


async def test_a_server_below_a_path_keeps_its_path(api):
    api.faults.append(answer())
    async with Client(load_connection(ConnectionOptions(server=api.url + "/k8s/clusters/c-1/"))) as client:
        await client.get(POD)
    assert api.seen[0].path == "/k8s/clusters/c-1" + POD


async def test_a_client_that_is_not_open_says_so():
    with pytest.raises(RuntimeError, match="async with Client"):
        await Client(load_connection(ConnectionOptions(server="http://127.0.0.1:1"))).get(POD)
