"""What a real Envoy does with requests."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from chance import near
from local.gateways.snapshots import service
from serinus.local.gateways.envoy.model import Answer, Host, Match, Route, Routing
from serinus.local.gateways.envoy.proxy import OUTSIDE, Proxy, door_of
from serinus.local.processes import Processes

Serve = Callable[..., Awaitable[Any]]

REQUESTS = 2000


def virtual(*routes: str, hosts: str = "shop.test", gateways: str = "") -> str:
    """Write a VirtualService of some http routes (flow YAML)."""
    return (
        f"kind: VirtualService\nmetadata: {{name: shop, creationTimestamp: '2026-01-01T00:00:00Z'}}\n"
        f"spec: {{hosts: [{hosts!r}], gateways: [{gateways}], http: [{', '.join(routes)}]}}"
    )


def to(host: str, weight: int = 0, subset: str = "") -> str:
    return f"{{destination: {{host: {host}, subset: {subset!r}}}, weight: {weight}}}"


def split(canary: int) -> str:
    return f"{{name: primary, route: [{to('stable', 100 - canary)}, {to('canary', canary)}]}}"


def http_route(*backends: tuple[str, int], rest: str = "") -> str:
    refs = ", ".join(f"{{name: {name}, port: 80, weight: {weight}}}" for name, weight in backends)
    return (
        "kind: HTTPRoute\nmetadata: {name: shop, generation: 3}\n"
        f"spec: {{parentRefs: [{{name: door}}], hostnames: [shop.test], rules: [{{backendRefs: [{refs}]{rest}}}]}}"
    )


@pytest.mark.parametrize("weight", [10, 60])
async def test_a_virtual_service_splits_exactly_inside_and_outside(weight: int, serve: Serve, web: Any) -> None:
    await serve(virtual(split(weight)))
    assert near(await web.share(REQUESTS, "canary", web.get), weight / 100)
    assert near(await web.share(REQUESTS, "canary", lambda: web.call("http://shop.test/")), weight / 100)


async def test_an_http_route_splits_exactly(serve: Serve, web: Any) -> None:
    await serve(http_route(("stable", 7), ("canary", 3)))
    assert near(await web.share(REQUESTS, "canary", web.get), 0.3)


async def test_weights_of_0_and_100_are_exact(serve: Serve, web: Any) -> None:
    await serve(virtual(split(0)))
    assert await web.share(300, "stable", web.get) == 1
    await serve(virtual(split(100)))
    assert await web.share(300, "canary", web.get) == 1


async def test_a_service_that_nobody_names_is_served_to_pods_by_all_its_names(serve: Serve, web: Any) -> None:
    await serve(namespaces=("default", "other"))
    for host in ("stable", "stable:80", "stable.default", "stable.default.svc", "stable.default.svc.cluster.local"):
        assert await web.call(f"http://{host}/") == (200, "stable")
    assert (await web.call("http://stable/", namespace="other"))[0] == 404
    assert await web.call("http://stable.default/", namespace="other") == (200, "stable")
    assert (await web.get(host="stable.default.svc.cluster.local"))[0] == 404


async def test_what_services_say_to_each_other_is_split_by_the_name_of_the_service(serve: Serve, web: Any) -> None:
    await serve(virtual(split(30), hosts="both", gateways="mesh"))
    assert near(await web.share(REQUESTS, "canary", lambda: web.call("http://both/")), 0.3)
    assert (await web.get(host="both"))[0] == 404


@pytest.mark.parametrize(
    ("match", "path", "headers", "expected"),
    [
        ("{uri: {exact: /cart}}", "/cart", {}, "canary"),
        ("{uri: {exact: /cart}}", "/cart/1", {}, "stable"),
        ("{uri: {prefix: /cart}}", "/carts", {}, "canary"),
        ("{uri: {regex: '/c.*t'}}", "/cart", {}, "canary"),
        ("{uri: {regex: '/c.*t'}}", "/cart/1", {}, "stable"),
        ("{uri: {prefix: /CART}, ignoreUriCase: true}", "/cart", {}, "canary"),
        ("{headers: {x-version: {exact: v2}}}", "/", {"X_Version": "v2"}, "canary"),
        ("{headers: {x-version: {exact: v2}}}", "/", {"X_Version": "v20"}, "stable"),
        ("{headers: {x-version: {prefix: v2}}}", "/", {"X_Version": "v20"}, "canary"),
        ("{headers: {x-version: {regex: 'v[23]'}}}", "/", {"X_Version": "v3"}, "canary"),
        ("{headers: {x-version: {}}}", "/", {"X_Version": "any"}, "canary"),
        ("{headers: {x-version: {}}}", "/", {}, "stable"),
        ("{withoutHeaders: {x-version: {exact: v1}}}", "/", {}, "canary"),
        ("{withoutHeaders: {x-version: {exact: v1}}}", "/", {"X_Version": "v1"}, "stable"),
        ("{withoutHeaders: {x-version: {}}}", "/", {"X_Version": "v1"}, "stable"),
        ("{method: {exact: GET}}", "/", {}, "canary"),
        ("{method: {exact: POST}}", "/", {}, "stable"),
        ("{queryParams: {debug: {exact: '1'}}}", "/?debug=1", {}, "canary"),
        ("{queryParams: {debug: {}}}", "/?debug=", {}, "canary"),
        ("{port: 80}", "/", {}, "canary"),
        ("{port: 81}", "/", {}, "stable"),
        ("{sourceNamespace: default}", "/", {}, "stable"),
        ("{gateways: [mesh]}", "/", {}, "stable"),
        ("{gateways: [door]}", "/", {}, "canary"),
    ],
)
async def test_the_first_route_that_matches_counts(
    match: str, path: str, headers: dict[str, str], expected: str, serve: Serve, web: Any
) -> None:
    await serve(virtual(f"{{match: [{match}], route: [{to('canary')}]}}", f"{{route: [{to('stable')}]}}"))
    assert await web.get(path, **headers) == (200, expected)


async def test_the_namespace_of_the_caller_may_decide(serve: Serve, web: Any) -> None:
    chosen = f"{{match: [{{sourceNamespace: tests}}], route: [{to('canary')}]}}"
    await serve(virtual(chosen, f"{{route: [{to('stable')}]}}", hosts="both"), namespaces=("default", "tests"))
    assert await web.call("http://both/") == (200, "stable")
    assert await web.call("http://both.default/", namespace="tests") == (200, "canary")


RULE = """
kind: DestinationRule
metadata: {name: both}
spec: {host: both, subsets: [{name: old, labels: {version: stable}}, {name: new, labels: {version: canary}}]}
"""


async def test_subsets_are_pods_by_label(serve: Serve, web: Any) -> None:
    route = f"{{route: [{to('both', 75, 'old')}, {to('both', 25, 'new')}]}}"
    await serve(virtual(route), RULE)
    assert near(await web.share(REQUESTS, "canary", web.get), 0.25)
    await serve(virtual(f"{{route: [{to('both', subset='new')}]}}"), RULE)
    assert await web.share(100, "canary", web.get) == 1


@pytest.mark.parametrize("host", ["empty", "nobody", "nobody.example.com"])
async def test_a_destination_without_endpoints_or_without_service_answers_503(
    host: str, serve: Serve, web: Any
) -> None:
    await serve(virtual(f"{{route: [{to(host)}]}}"))
    assert (await web.get())[0] == 503
    await serve(virtual(f"{{route: [{to('both', subset='unknown')}]}}"), RULE)
    assert (await web.get())[0] == 503


async def test_of_an_http_route_a_missing_service_is_500_and_an_empty_one_503(serve: Serve, web: Any) -> None:
    await serve(http_route(("nobody", 1)))
    assert (await web.get())[0] == 500
    await serve(http_route(("stable", 0)))
    assert (await web.get())[0] == 500
    await serve(http_route(("empty", 1), ("stable", 0)))
    assert (await web.get())[0] == 503


async def test_copies_go_to_the_mirror_and_answers_come_from_the_route(serve: Serve, web: Any, upstreams: Any) -> None:
    await serve(virtual(f"{{route: [{to('stable')}], mirror: {{host: canary}}, mirrorPercentage: {{value: 25}}}}"))
    assert await web.share(REQUESTS, "stable", web.get) == 1
    assert near(len(upstreams["canary"].requests) / REQUESTS, 0.25)
    upstreams["canary"].requests.clear()
    mirror = "{type: RequestMirror, requestMirror: {backendRef: {name: canary, port: 80}}}"
    await serve(http_route(("stable", 1), rest=f", filters: [{mirror}]"))
    assert await web.share(100, "stable", web.get) == 1
    assert len(upstreams["canary"].requests) == 100


async def test_a_request_is_tried_elsewhere_when_a_pod_does_not_answer(serve: Serve, web: Any, upstreams: Any) -> None:
    await upstreams["canary"].stop()
    await serve(virtual(f"{{route: [{to('both')}]}}"))
    assert await web.share(200, "stable", web.get) == 1
    await serve(virtual(f"{{route: [{to('both')}], retries: {{attempts: 0}}}}"))
    assert 0 < await web.share(200, "stable", web.get) < 1
    await upstreams["canary"].start()


async def test_paths_hosts_and_headers_are_rewritten(serve: Serve, web: Any, upstreams: Any) -> None:
    rewrite = "{uri: /new, authority: inner.test}"
    headers = "{request: {set: {x-a: '100%'}, remove: [x-b]}}"
    match = "{uri: {prefix: /old}}"
    await serve(virtual(f"{{match: [{match}], route: [{to('stable')}], rewrite: {rewrite}, headers: {headers}}}"))
    assert (await web.get("/old/1?q=2", X_B="gone"))[0] == 200
    line, got = upstreams["stable"].requests[-1]
    assert line == "GET /new/1?q=2 HTTP/1.1"
    assert (got["host"], got["x-a"], got.get("x-b")) == ("inner.test", "100%", None)


async def test_a_prefix_can_be_cut_off_a_path(serve: Serve, web: Any, upstreams: Any) -> None:
    cut = "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}"
    matches = "[{path: {type: PathPrefix, value: /old}}]"
    await serve(http_route(("stable", 1), rest=f", filters: [{cut}], matches: {matches}"))
    for path, expected in (("/old/1", "/1"), ("/old", "/"), ("/old?a=1", "/?a=1")):
        await web.get(path)
        assert upstreams["stable"].requests[-1][0] == f"GET {expected} HTTP/1.1"
    assert (await web.get("/older"))[0] == 404


async def test_redirects_and_direct_answers_need_no_backend(serve: Serve, web: Any) -> None:
    await serve(virtual("{directResponse: {status: 418, body: {string: tea}}}"))
    assert await web.get() == (418, "tea")
    await serve(virtual("{redirect: {uri: /there, redirectCode: 307}}"))
    assert (await web.get())[0] == 307


async def test_a_session_stays_with_the_version_that_answered_first(serve: Serve, proxy: Proxy) -> None:
    await serve(http_route(("canary", 50), ("stable", 50), rest=", sessionPersistence: {sessionName: bird}"))
    url = f"http://127.0.0.1:{proxy.ports[OUTSIDE]}/"
    seen: Counter[str] = Counter()
    for _ in range(40):
        connector = aiohttp.TCPConnector(force_close=True)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as browser:
            answers = set()
            for _ in range(5):
                async with browser.get(url, headers={"Host": "shop.test"}) as reply:
                    answers.add(await reply.text())
            assert len(answers) == 1
            seen += Counter(answers)
    assert set(seen) == {"stable", "canary"}


async def test_no_request_is_lost_while_weights_and_endpoints_change(
    serve: Serve, proxy: Proxy, upstreams: Any
) -> None:
    for upstream in upstreams.values():
        upstream.delay = 0.005
    await serve(virtual(split(0)), RULE)
    url, outcomes, going = f"http://127.0.0.1:{proxy.ports[OUTSIDE]}/", Counter[Any](), True

    async def ask(keep: bool) -> None:
        connector = aiohttp.TCPConnector(force_close=not keep)
        async with aiohttp.ClientSession(connector=connector) as session:
            while going:
                async with session.get(url, headers={"Host": "shop.test"}) as reply:
                    await reply.read()
                    outcomes[reply.status] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(ask(keep=bool(number % 2)))
        for number in range(60):
            if number % 3:
                await serve(virtual(split(number)), RULE)
            else:
                halves = f"{{route: [{to('both', number, 'old')}, {to('both', 100 - number, 'new')}]}}"
                await serve(virtual(halves), RULE)
        going = False
    assert set(outcomes) == {200}
    assert outcomes[200] > 500


async def test_calls_of_a_grpc_route_are_split_and_go_on_in_http2(
    serve: Serve, web: Any, tmp_path: Path, processes: Processes
) -> None:
    behind = Proxy(tmp_path / "behind", processes, ended=lambda: None)
    routes = {name: (Host(("*",), (Route("", Match(), Answer(200, name)),)),) for name in ("stable", "canary")}
    try:
        await behind.apply(Routing(outside=routes["stable"], inside=(("default", routes["canary"]),)))
        ports = {"grpc-stable": behind.ports[OUTSIDE], "grpc-canary": behind.ports[door_of("default")]}
        backends = [service(name, (name, f"127.0.0.1:{port}")) for name, port in ports.items()]
        refs = "[{name: grpc-stable, port: 80, weight: 60}, {name: grpc-canary, port: 80, weight: 40}]"
        method = "{method: {service: shop.Cart, method: Add}}"
        await serve(
            *backends,
            "kind: GRPCRoute\nmetadata: {name: cart, generation: 1}\n"
            f"spec: {{parentRefs: [{{name: door}}], rules: [{{matches: [{method}], backendRefs: {refs}}}]}}",
        )
        assert near(await web.share(REQUESTS, "canary", lambda: web.get("/shop.Cart/Add", method="POST")), 0.4)
        assert (await web.get("/shop.Cart/Remove", method="POST"))[0] == 404
        log = [msgspec.json.decode(line) for line in (tmp_path / "behind/access.log").read_bytes().splitlines()]
    finally:
        await behind.stop()
    assert {line["protocol"] for line in log} == {"HTTP/2"}
