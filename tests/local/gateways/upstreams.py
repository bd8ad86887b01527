"""Tiny web servers behind a gateway."""

import asyncio
import ssl


class Upstream:
    """A server that answers with its name, keeps connections, and notes what it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.status = 200
        self.delay = 0.0
        self.cut = False
        """Whether connections end without an answer."""
        self.address = ""
        self.tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                headers = self._noted((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
                await asyncio.sleep(self.delay)
                if self.cut:
                    break
                writer.write(self._reply(headers))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _noted(self, text: str) -> dict[str, str]:
        head = text.rstrip().split("\r\n")
        headers = {key.lower(): value for key, value in (line.split(": ", 1) for line in head[1:])}
        self.requests.append((head[0], headers))
        return headers

    def _reply(self, headers: dict[str, str]) -> bytes:
        if headers.get("upgrade") == "websocket":
            return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n" + b"hello"
        body = self.name.encode()
        return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (self.status, len(body), body)
