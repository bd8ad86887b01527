"""Tokens of an OpenID Connect provider, refreshed when they expire."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from serinus.kube.credentials import Credential, bearer
from serinus.kube.errors import ConfigError
from serinus.kube.tls import Trust, pem, tls_context

EARLY = 10.0
LIMIT = aiohttp.ClientTimeout(total=30)


class OpenID:
    """The id-token of a kubeconfig's user, and new ones for its refresh-token.

    The new tokens stay in memory: the kubeconfig is the user's and is never written.
    """

    def __init__(self, config: Mapping[str, str], folder: str) -> None:
        self._config = dict(config)
        self._authority = pem(
            config.get("idp-certificate-authority-data"),
            config.get("idp-certificate-authority"),
            folder,
            "idp-certificate-authority",
        )
        self._token = config.get("id-token", "")
        self._lock = asyncio.Lock()

    async def current(self) -> Credential:
        """The id-token, a new one when it has expired."""
        async with self._lock:
            if not self._token or _expires(self._token) <= time.time() + EARLY:
                await self._refresh()
            return bearer(self._token)

    async def renew(self) -> bool:
        """Ask for a new token next time, if that can be asked for."""
        if not self._config.get("refresh-token"):
            return False
        self._token = ""
        return True

    async def _refresh(self) -> None:
        wanted = ("idp-issuer-url", "client-id", "refresh-token")
        if missing := [name for name in wanted if not self._config.get(name)]:
            raise ConfigError(
                f"the OIDC token has expired and cannot be refreshed without {', '.join(missing)}; {_LOG_IN}"
            )
        try:
            answer = await self._ask()
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, KeyError) as error:
            issuer = self._config["idp-issuer-url"]
            raise ConfigError(f"{issuer} gave no new OIDC token ({type(error).__name__}); {_LOG_IN}") from None
        if not answer.get("id_token"):
            raise ConfigError(f"{self._config['idp-issuer-url']} answered without an id_token; {_LOG_IN}")
        self._token = answer["id_token"]
        self._config["refresh-token"] = answer.get("refresh_token") or self._config["refresh-token"]

    async def _ask(self) -> dict[str, Any]:
        """Discover where tokens are given, and ask there."""
        config = self._config
        tls = await asyncio.to_thread(tls_context, Trust(self._authority))
        async with aiohttp.ClientSession(timeout=LIMIT, raise_for_status=True) as session:
            well_known = config["idp-issuer-url"].rstrip("/") + "/.well-known/openid-configuration"
            async with session.get(well_known, ssl=tls) as reply:
                endpoint = msgspec.json.decode(await reply.read())["token_endpoint"]
            form = {"grant_type": "refresh_token", "refresh_token": config["refresh-token"]}
            login = aiohttp.encode_basic_auth(config["client-id"], config.get("client-secret", ""))
            async with session.post(endpoint, data=form, headers={"Authorization": login}, ssl=tls) as reply:
                answer: dict[str, Any] = msgspec.json.decode(await reply.read())
                return answer


_LOG_IN = "log in with your provider's tool again"


def _expires(token: str) -> float:
    """When a JWT ends, in seconds since 1970; for ever when it does not say."""
    try:
        payload = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims.get("exp", "inf"))
    except (IndexError, ValueError, AttributeError, msgspec.DecodeError):
        return float("inf")  # not a JWT: the API server is to judge it
