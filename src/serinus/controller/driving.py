"""Driving a provider's generator: each request is sent, and its reply handed back."""

from collections.abc import Generator
from typing import Any, TypeVar

from serinus.controller.exchange import Exchange
from serinus.kube import ApiError, Client, KubeError
from serinus.providers.provider import ProviderError
from serinus.providers.request import ClusterReply, ClusterRequest, HTTPRequest, Reply, Request

T = TypeVar("T")


class Driver:
    """Sends what providers ask for; ``jobs`` is the cluster in which they make objects."""

    def __init__(self, exchange: Exchange, jobs: Client) -> None:
        self._exchange = exchange
        self._jobs = jobs

    async def driven(self, generator: Generator[Request, Reply, T]) -> T:
        """What a generator returns. Raises ProviderError."""
        try:
            request = next(generator)
            while True:
                try:
                    reply = await self._send(request)
                except ProviderError as error:
                    request = generator.throw(error)
                else:
                    request = generator.send(reply)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        finally:
            generator.close()

    async def _send(self, request: Request) -> Reply:
        if isinstance(request, HTTPRequest):
            return await self._exchange.send(request)
        try:
            return ClusterReply(200, await self._in_cluster(request))
        except ApiError as error:
            body = {"code": error.status, "reason": error.reason, "message": error.message}
            return ClusterReply(error.status, body)
        except KubeError as error:
            raise ProviderError(f"the cluster cannot be asked now: {error}") from None

    async def _in_cluster(self, request: ClusterRequest) -> Any:
        params = dict(request.params)
        match request.method:
            case "get":
                return await self._jobs.get(request.path, params)
            case "create":
                return await self._jobs.create(request.path, request.body, params)
            case "delete":
                return await self._jobs.delete(request.path, request.body, params)
