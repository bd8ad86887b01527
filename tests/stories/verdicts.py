"""A monitoring system of the simplest kind: it is asked about a metric, and says what it was told to say."""

from aiohttp import web


class Verdicts:
    """Answers over HTTP; a metric is good until it is said to be otherwise."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.url = ""

    async def __aenter__(self) -> "Verdicts":
        app = web.Application()
        app.router.add_get("/{metric}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        return web.json_response({"verdict": self.said.get(request.match_info["metric"], "good")})
