"""The API's verbs over plain paths."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from serinus.kube.config import Connection
from serinus.kube.errors import Unreachable
from serinus.kube.throttle import Throttle
from serinus.kube.transport import JSON, Call, OnRequest, Transport

PatchKind = Literal["merge", "strategic", "json", "apply"]
Params = Mapping[str, str] | None

PATCH_TYPES: dict[PatchKind, str] = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",  # JSON is YAML
}


class Client:
    """Speaks to one cluster.

    `qps` and `burst` limit how fast we ask; without them we do not limit ourselves. `user_agent` is
    "program/version"; the program is also the field manager of an apply that names none.
    `on_request` is told of every attempt: method, path, status (0: no answer), seconds.

    Every call raises `KubeError` and nothing else when the cluster does not do as asked.

    >>> async with Client(load_connection()) as client:
    ...     await client.get("/api/v1/namespaces/default/pods/x")
    """

    def __init__(
        self,
        connection: Connection,
        *,
        qps: float | None = None,
        burst: int | None = None,
        user_agent: str = "serinus",
        on_request: OnRequest | None = None,
    ) -> None:
        self.connection = connection
        self.field_manager = user_agent.split("/", 1)[0]
        self._transport = Transport(connection, Throttle(qps, burst), user_agent, on_request)
        self._urgent = False

    @property
    def urgent(self) -> Client:
        """The same client and session; its calls overtake the others at the rate limit."""
        other = object.__new__(Client)
        other.__dict__.update(self.__dict__, _urgent=True)
        return other

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    async def get(self, path: str, params: Params = None) -> Any:
        """Read an object or a list."""
        return self._decoded(await self.raw("GET", path, params))

    async def create(self, path: str, body: Any, params: Params = None) -> Any:
        """Post an object to its collection; returns it as stored."""
        return self._decoded(await self.raw("POST", path, params, body))

    async def replace(self, path: str, body: Any, params: Params = None) -> Any:
        """Put a whole object in place of the stored one."""
        return self._decoded(await self.raw("PUT", path, params, body))

    async def patch(self, path: str, body: Any, kind: PatchKind = "merge", params: Params = None) -> Any:
        """Change some fields; ``apply`` is server-side apply."""
        if kind == "apply":
            params = {"fieldManager": self.field_manager, **(params or {})}
        return self._decoded(await self.raw("PATCH", path, params, body, content_type=PATCH_TYPES[kind]))

    async def delete(self, path: str, body: Any = None, params: Params = None) -> Any:
        """Delete an object; `body` may be DeleteOptions. Returns what the API says of it."""
        return self._decoded(await self.raw("DELETE", path, params, body))

    async def raw(  # noqa: PLR0913 - one HTTP request has so many parts
        self,
        method: str,
        path: str,
        params: Params = None,
        body: Any = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        limit: float | None = None,
    ) -> bytes:
        """Send anything; returns the answer's bytes.

        `body` is sent as it stands when it is bytes, else as JSON. `limit` is in seconds; the
        connection's request timeout holds otherwise.
        """
        call = Call(
            method=method,
            path=path,
            params=params,
            body=body if body is None or isinstance(body, bytes) else msgspec.json.encode(body),
            content_type=content_type,
            accept=accept,
            limit=limit or self.connection.request_timeout,
            urgent=self._urgent,
        )
        return await self._transport.send(call)

    def lines(
        self,
        path: str,
        params: Params = None,
        *,
        accept: str = JSON,
        silence: float | None = None,
        on_open: Callable[[], None] | None = None,
    ) -> AsyncGenerator[bytes]:
        """Follow an answer line by line: watches, logs.

        It ends when the server ends it. `silence` is how many seconds may pass without a byte
        before it counts as lost; None waits for ever, as following a quiet log must. `on_open` is
        called when the API has agreed, which may be long before the first line.
        Leave it through `contextlib.aclosing`, so that the connection ends with the loop.
        """
        call = Call(
            method="GET",
            path=path,
            params=params,
            accept=accept,
            silence=silence,
            urgent=self._urgent,
            on_open=on_open,
        )
        return self._transport.lines(call)

    def _decoded(self, body: bytes) -> Any:
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unreachable(
                f"{self.connection.server} answered with something that is no JSON;"
                " is the server really a Kubernetes API?"
            ) from None
