"""Credentials from a program, as cloud providers hand them out."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from serinus.kube.credentials import Credential
from serinus.kube.errors import ConfigError
from serinus.kube.kubeconfig import Exec
from serinus.kube.tls import Certificate

GROUP = "client.authentication.k8s.io/"
EARLY = timedelta(seconds=10)
QUIET_LIMIT = 60.0
PERSON_LIMIT = 300.0  # somebody may have to log in with a browser


class _Status(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None


class _Answer(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    status: _Status | None = None


class ExecPlugin:
    """Runs the program of a kubeconfig's user and keeps what it says until it expires."""

    def __init__(self, plugin: Exec, folder: str, cluster: Mapping[str, Any] | None = None) -> None:
        if plugin.api_version not in {GROUP + "v1", GROUP + "v1beta1", GROUP + "v1alpha1"}:
            raise ConfigError(
                f"credential plugin {plugin.command}: unknown apiVersion {plugin.api_version!r}; use {GROUP}v1"
            )
        self._plugin = plugin
        self._cluster = cluster
        command = Path(plugin.command).expanduser()
        self._command = str(Path(folder, command)) if os.sep in plugin.command else plugin.command
        self._credential: Credential | None = None
        self._expires: datetime | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> Credential:
        """What the program said, run anew when that has expired."""
        async with self._lock:
            if self._credential is None or self._expired():
                self._take(await self._run())
            assert self._credential is not None
            return self._credential

    async def renew(self) -> bool:
        """Forget what the program said, so that it runs again."""
        self._credential = None
        return True

    def _expired(self) -> bool:
        return self._expires is not None and datetime.now(UTC) + EARLY >= self._expires

    def _take(self, output: bytes) -> None:
        try:
            answer = msgspec.json.decode(output, type=_Answer)
        except msgspec.DecodeError as error:
            raise self._error(f"printed no valid ExecCredential: {error}") from None
        status = answer.status
        if answer.kind != "ExecCredential" or status is None:
            raise self._error("printed no ExecCredential with a status")
        if not status.token and not (status.client_certificate_data and status.client_key_data):
            raise self._error("printed neither a token nor a client certificate with its key")
        certificate = None
        if status.client_certificate_data:
            certificate = Certificate(status.client_certificate_data.encode(), status.client_key_data.encode())
        headers = {"Authorization": f"Bearer {status.token}"} if status.token else {}
        self._credential = Credential(headers, certificate)
        self._expires = status.expiration_timestamp

    async def _run(self) -> bytes:
        person = self._person()
        try:
            process = await asyncio.create_subprocess_exec(
                self._command,
                *(self._plugin.args or ()),
                env=self._environment(person),
                stdin=None if person else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=None if person else asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise self._error(f"cannot be run: {error.strerror}") from None
        return await self._output(process, PERSON_LIMIT if person else QUIET_LIMIT)

    async def _output(self, process: asyncio.subprocess.Process, limit: float) -> bytes:
        try:
            async with asyncio.timeout(limit):
                output, complaint = await process.communicate()
        except TimeoutError:
            raise self._error(f"did not end within {limit:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            lines = (complaint or b"").decode(errors="replace").strip().splitlines()
            raise self._error(f"ended with {process.returncode}{': ' + lines[-1][:200] if lines else ''}")
        return output

    def _person(self) -> bool:
        mode = self._plugin.interactive_mode
        there = sys.stdin is not None and sys.stdin.isatty()
        if mode == "Always" and not there:
            raise self._error("needs a terminal (interactiveMode: Always) and there is none")
        return there and mode != "Never"

    def _environment(self, person: bool) -> dict[str, str]:
        spec: dict[str, Any] = {"interactive": person}
        if self._plugin.provide_cluster_info and self._cluster is not None:
            spec["cluster"] = self._cluster
        info = {"apiVersion": self._plugin.api_version, "kind": "ExecCredential", "spec": spec}
        given = {variable.name: variable.value for variable in self._plugin.env or ()}
        return {**os.environ, **given, "KUBERNETES_EXEC_INFO": msgspec.json.encode(info).decode()}

    def _error(self, what: str) -> ConfigError:
        hint = " ".join(self._plugin.install_hint.split())
        return ConfigError(f"the credential plugin {self._plugin.command} {what}" + (f"; {hint}" if hint else ""))
