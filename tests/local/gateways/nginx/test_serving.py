"""What a real nginx does with requests."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from serinus.local.gateways.nginx.master import Master

Serve = Callable[..., Awaitable[None]]

MAIN = """
kind: Ingress
metadata: {name: main, annotations: {kubernetes.io/ingress.class: nginx}}
spec:
  rules:
  - host: shop.test
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: stable, port: {number: 80}}}}
"""
HEAD = MAIN.partition("  rules:")[0]
PREFIX = "nginx.ingress.kubernetes.io/"


def canary(service: str = "canary", **annotations: str) -> str:
    spelled = {PREFIX + name.replace("_", "-"): value for name, value in annotations.items()}
    both = {"kubernetes.io/ingress.class": "nginx", PREFIX + "canary": "true", **spelled}
    return (
        MAIN.replace("name: main, annotations: {kubernetes.io/ingress.class: nginx}", "name: second, annotations: %s")
        .replace("name: stable", f"name: {service}")
        .replace("%s", json.dumps(both))
    )


def rules(*paths: str, host: str = "shop.test") -> str:
    """Write an Ingress; each path is "path type service"."""
    items = ", ".join(
        f"{{path: {json.dumps(path)}, pathType: {kind},"
        f" backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}"
        for path, kind, service in (path.split("|") for path in paths)
    )
    return HEAD + f"  rules: [{{host: '{host}', http: {{paths: [{items}]}}}}]"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", 404),
        ("/shop", "stable"),
        ("/shop/", "stable"),
        ("/shop/cart?x=1", "stable"),
        ("/shopping", 404),
        ("/shop/one", "canary"),
        ("/shop/one/", "stable"),
        ("/Shop", 404),
        ("/a%20b%3B%7B%22%24%5C", "canary"),
        ("/a%20b", 404),
        ("/none/", 503),
        ("/missing/", 503),
    ],
)
async def test_paths(serve: Serve, web: Any, path: str, expected: str | int) -> None:
    await serve(
        rules(
            "/shop|Prefix|stable",
            "/shop/one|Exact|canary",
            '/a b;{"$\\|Prefix|canary',
            "/none|Prefix|empty",
            "/missing|Prefix|missing",
        )
    )
    status, text = await web.get(path)
    assert (text if status == 200 else status) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("shop.test", "stable"),
        ("SHOP.test", "stable"),
        ("shop.test:8080", "stable"),
        ("one.wild.test", "canary"),
        ("two.one.wild.test", 404),
        ("wild.test", 404),
        ("nobody.test", 404),
    ],
)
async def test_hosts(serve: Serve, web: Any, host: str, expected: str | int) -> None:
    wild = rules("/|Prefix|canary", host="*.wild.test").replace("name: main", "name: wild")
    await serve(MAIN, wild)
    status, text = await web.get(host=host)
    assert (text if status == 200 else status) == expected


async def test_without_any_ingress_the_answer_is_404(serve: Serve, web: Any) -> None:
    await serve()
    assert (await web.get())[0] == 404


async def test_a_default_backend_answers_for_all_others(serve: Serve, web: Any) -> None:
    await serve(HEAD + "  defaultBackend: {service: {name: stable, port: {number: 80}}}")
    assert await web.get("/any", host="nobody.test") == (200, "stable")


HEADER = {"canary_by_header": "X-Canary"}
COOKIE = {"canary_by_cookie": "who-goes"}
ALL = {"canary_weight": "100"}
VALUE = {**HEADER, "canary_by_header_value": "a.b\"c'd \\e$f"}
PATTERN = {**HEADER, "canary_by_header_pattern": "^(cd|s[xz])\\d"}


@pytest.mark.parametrize(
    ("annotations", "headers", "expected"),
    [
        (HEADER, {}, "stable"),
        (HEADER, {"X_Canary": "always"}, "canary"),
        (HEADER, {"x_canary": "always"}, "canary"),
        (HEADER, {"X_Canary": "Always"}, "stable"),
        (HEADER, {"X_Canary": "always!"}, "stable"),
        (HEADER | ALL, {"X_Canary": "never"}, "stable"),
        (HEADER | ALL, {"X_Canary": "other"}, "canary"),
        (HEADER | COOKIE, {"X_Canary": "never", "Cookie": "who-goes=always"}, "stable"),
        (HEADER | COOKIE, {"X_Canary": "always", "Cookie": "who-goes=never"}, "canary"),
        (HEADER | COOKIE, {"X_Canary": "other", "Cookie": "who-goes=always"}, "canary"),
        (VALUE, {"X_Canary": "a.b\"c'd \\e$f"}, "canary"),
        (VALUE, {"X_Canary": "aXb\"c'd \\e$f"}, "stable"),
        (VALUE, {"X_Canary": "always"}, "stable"),
        (VALUE | ALL, {"X_Canary": "never"}, "canary"),
        (PATTERN, {"X_Canary": "cd1"}, "canary"),
        (PATTERN, {"X_Canary": "sz7"}, "canary"),
        (PATTERN, {"X_Canary": "sy7"}, "stable"),
        ({**HEADER, "canary_by_header_pattern": ".*"}, {}, "stable"),
        (COOKIE, {"Cookie": "who-goes=always"}, "canary"),
        (COOKIE, {"Cookie": "a=b; who-goes=always; c=d"}, "canary"),
        (COOKIE, {"Cookie": "a=b;WHO-GOES=always"}, "canary"),
        (COOKIE, {"Cookie": "who-goes=alwaysnot"}, "stable"),
        (COOKIE, {"Cookie": "not-who-goes=always"}, "stable"),
        (COOKIE, {"Cookie": "a=who-goes=always"}, "stable"),
        (COOKIE | ALL, {"Cookie": "who-goes=never; who-goes=always"}, "stable"),
        (COOKIE | ALL, {"Cookie": "who-goes=maybe"}, "canary"),
        ({"canary_by_header_value": "x"}, {"X_Canary": "x"}, "stable"),
    ],
)
async def test_header_goes_before_cookie_and_cookie_before_weight(
    serve: Serve, web: Any, annotations: dict[str, str], headers: dict[str, str], expected: str
) -> None:
    await serve(MAIN, canary(**annotations))
    assert await web.get(**headers) == (200, expected)


@pytest.mark.parametrize(
    ("weight", "total", "share"),
    [("10", "100", 0.1), ("60", "100", 0.6), ("99", "100", 0.99), ("1", "300", 1 / 300), ("333", "1000", 0.333)],
)
async def test_the_share_is_the_weight(serve: Serve, web: Any, weight: str, total: str, share: float) -> None:
    requests = 2000
    await serve(MAIN, canary(canary_weight=weight, canary_weight_total=total))
    seen = await web.share(requests, "canary", web.get)
    assert abs(seen - share) <= 4 * math.sqrt(share * (1 - share) / requests)


@pytest.mark.parametrize(("weight", "share"), [("0", 0), ("100", 1), ("-1", 0), ("1000", 1)])
async def test_nothing_and_everything_are_exact(serve: Serve, web: Any, weight: str, share: int) -> None:
    await serve(MAIN, canary(canary_weight=weight))
    assert await web.share(500, "canary", web.get) == share


async def test_chance_does_not_follow_the_client_s_request_id(serve: Serve, web: Any) -> None:
    await serve(MAIN, canary(canary_weight="50"))
    assert 0 < await web.share(200, "canary", lambda: web.get(X_Request_ID="same")) < 1


async def test_a_canary_without_endpoints_leaves_all_to_the_main(serve: Serve, web: Any) -> None:
    await serve(MAIN, canary("empty", canary_weight="100", **HEADER))
    assert await web.get(X_Canary="always") == (200, "stable")


async def test_a_main_without_endpoints_is_503_even_beside_a_full_canary(serve: Serve, web: Any) -> None:
    await serve(MAIN.replace("name: stable", "name: empty"), canary(canary_weight="100"))
    assert (await web.get())[0] == 503


async def test_the_backend_learns_who_asked_and_for_what(
    serve: Serve, web: Any, master: Master, upstreams: dict[str, Any]
) -> None:
    await serve(MAIN)
    await web.get("/a%2Fb//c?d=%20e", X_Forwarded_For="10.9.9.9", X_Request_ID="abc", Proxy="evil", X_Own="kept")
    line, headers = upstreams["stable"].requests[0]
    assert line == "GET /a%2Fb//c?d=%20e HTTP/1.1"
    assert headers["host"] == headers["x-forwarded-host"] == "shop.test"
    assert headers["x-real-ip"] == headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-original-forwarded-for"] == "10.9.9.9"
    assert headers["x-forwarded-port"] == str(master.port)
    assert headers["x-forwarded-proto"] == headers["x-forwarded-scheme"] == headers["x-scheme"] == "http"
    assert (headers["x-request-id"], headers["x-own"]) == ("abc", "kept")
    assert "proxy" not in headers


async def test_a_request_without_an_id_gets_one(serve: Serve, web: Any, upstreams: dict[str, Any]) -> None:
    await serve(MAIN)
    await web.get()
    assert len(upstreams["stable"].requests[0][1]["x-request-id"]) == 32


async def test_bodies_above_one_megabyte_are_refused(serve: Serve, master: Master) -> None:
    await serve(MAIN)
    reader, writer = await asyncio.open_connection("127.0.0.1", master.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1048577\r\n\r\n")
    assert b" 413 " in await reader.readline()
    writer.close()


async def test_websockets_pass(serve: Serve, master: Master) -> None:
    await serve(MAIN)
    reader, writer = await asyncio.open_connection("127.0.0.1", master.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: shop.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(5) == b"hello"
    writer.close()


def another_endpoint(address: str) -> str:
    return f"""
kind: EndpointSlice
metadata: {{name: stable-2, labels: {{kubernetes.io/service-name: stable}}}}
ports: [{{port: {address.split(":")[1]}}}]
endpoints: [{{addresses: [127.0.0.1]}}]
"""


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_endpoint_that_refuses_is_passed_over(
    serve: Serve, web: Any, upstreams: dict[str, Any], method: str
) -> None:
    await upstreams["canary"].stop()
    await serve(MAIN, another_endpoint(upstreams["canary"].address))
    answers = {await web.get(method=method) for _ in range(10)}
    assert answers == {(200, "stable")}


async def test_a_post_that_was_sent_is_not_sent_again(serve: Serve, web: Any, upstreams: dict[str, Any]) -> None:
    upstreams["canary"].cut = upstreams["stable"].cut = True
    await serve(MAIN, another_endpoint(upstreams["canary"].address))
    assert (await web.get(method="POST"))[0] == 502
    assert len(upstreams["canary"].requests) + len(upstreams["stable"].requests) == 1
    assert (await web.get(method="GET"))[0] == 502
    assert len(upstreams["canary"].requests) + len(upstreams["stable"].requests) == 3


async def test_each_request_is_a_line_of_json_in_the_access_log(
    serve: Serve, web: Any, tmp_path: Path, until: Callable[[Callable[[], Any]], Awaitable[None]]
) -> None:
    await serve(MAIN, rules("/|Prefix|empty", host="empty.test").replace("name: main", "name: empty"))
    await web.get('/a"b', X_Request_ID="one")
    await web.get(host="empty.test")
    await web.get(host="nobody.test")
    log = tmp_path / "access.log"
    await until(lambda: log.read_text().count("\n") == 3)  # written after the answer was sent
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["status"], line["host"], line["uri"], line["backend"]) for line in lines] == [
        (200, "shop.test", '/a"b', "default/stable"),
        (503, "empty.test", "/", "default/empty"),
        (404, "nobody.test", "/", ""),
    ]
    assert lines[0]["upstream"].startswith("127.0.0.1:")
    assert lines[0]["id"] == "one"
    assert float(lines[0]["upstream_seconds"]) >= 0


async def test_nginx_listens_on_loopback_only(serve: Serve, tmp_path: Path) -> None:
    await serve(MAIN)
    listens = [line.split()[1] for line in (tmp_path / "nginx.conf").read_text().splitlines() if " listen " in line]
    assert listens
    assert all(address.startswith("127.0.0.1:") for address in listens)
