"""A server on loopback that answers as Prometheus, a token endpoint and a shop do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class Shop:
    """What was asked for, and the server's place."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.failures = 0
        """How many requests are refused before one is answered."""
        self.url = ""

    async def query(self, request: web.Request) -> web.StreamResponse:
        """Answer a query of PromQL with as many numbers as the query has letters x."""
        form = await request.post() if request.method == "POST" else request.query
        self.asked.append((request.method, request.path, {key: str(value) for key, value in form.items()}))
        if self.failures:
            self.failures -= 1
            return web.json_response({"status": "error", "errorType": "unavailable", "error": "later"}, status=503)
        if request.headers.get("Authorization") != "Bearer t0ken":
            return web.json_response({"status": "error", "errorType": "auth", "error": "who are you"}, status=401)
        if "(" in form["query"]:
            return web.json_response({"status": "error", "errorType": "bad_data", "error": "1:2: no"}, status=400)
        return web.json_response({"status": "success", "data": self._data(request, str(form["query"]))})

    def _data(self, request: web.Request, query: str) -> dict[str, Any]:
        numbers = [[1772366400.5, "0.5"]] * query.count("x")
        if request.path.endswith("_range"):
            return {"resultType": "matrix", "result": [{"metric": {}, "values": numbers}]}
        return {"resultType": "vector", "result": [{"metric": {}, "value": item} for item in numbers]}

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Give a token to whoever knows the secret, by header alone."""
        self.asked.append((request.method, request.path, {}))
        if request.headers.get("Authorization") != "Basic aWQ6c2VjcmV0":
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": "t0ken", "token_type": "bearer"})

    async def health(self, request: web.Request) -> web.StreamResponse:
        """Say back what was sent."""
        sent = await request.json() if request.can_read_body else None
        return web.json_response({"data": {"ok": True, "sent": sent, "team": request.headers.get("X-Team")}})


@asynccontextmanager
async def serving() -> AsyncIterator[Shop]:
    """A shop that is open."""
    shop, app = Shop(), web.Application()
    app.router.add_route("*", "/prom/api/v1/query", shop.query)
    app.router.add_route("*", "/prom/api/v1/query_range", shop.query)
    app.router.add_post("/token", shop.token)
    app.router.add_route("*", "/health", shop.health)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield shop
    finally:
        await runner.cleanup()
