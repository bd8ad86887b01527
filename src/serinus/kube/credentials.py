"""Who we are, freshly told at every request."""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from serinus.kube.errors import ConfigError
from serinus.kube.tls import Certificate

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Credential:
    """What to show with a request."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: Certificate | None = None


class Credentials(Protocol):
    """A source of credentials that may expire."""

    async def current(self) -> Credential:
        """What to show now; ConfigError when it cannot be had."""
        ...

    async def renew(self) -> bool:
        """Hear of a 401: True when `current` may be better next time."""
        ...


def bearer(token: str, certificate: Certificate | None = None) -> Credential:
    """A token as a credential."""
    return Credential({"Authorization": f"Bearer {token}"}, certificate)


def basic(username: str, password: str) -> Credential:
    """A user name and a password as a credential."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return Credential({"Authorization": f"Basic {pair}"})


class Fixed:
    """Credentials that never change."""

    def __init__(self, credential: Credential | None = None) -> None:
        self._credential = credential or Credential()

    async def current(self) -> Credential:
        """What was given at the start."""
        return self._credential

    async def renew(self) -> bool:
        """Nothing better will come."""
        return False


class TokenFile:
    """A token in a file that somebody else keeps fresh (the kubelet, in a pod).

    It is read again after a minute, and at once after a 401.
    """

    PERIOD = 60.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._credential: Credential | None = None
        self._read_at = 0.0

    async def current(self) -> Credential:
        """The token as last read; a read that fails keeps the last one."""
        if self._credential is None or time.monotonic() - self._read_at > self.PERIOD:
            await self._read()
        assert self._credential is not None
        return self._credential

    async def renew(self) -> bool:
        """Read the file again; True when it holds another token."""
        before = self._credential
        await self._read()
        return self._credential != before

    async def _read(self) -> None:
        try:
            token = (await asyncio.to_thread(self._path.read_text)).strip()
        except OSError as error:
            if self._credential is None:
                raise ConfigError(f"cannot read the token file {self._path}: {error.strerror}") from None
            log.warning("cannot read the token file %s: %s; going on with the last token", self._path, error.strerror)
            token = ""
        self._read_at = time.monotonic()
        if token:
            self._credential = bearer(token)
        elif self._credential is None:
            raise ConfigError(f"the token file {self._path} is empty")
