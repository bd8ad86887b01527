"""Reading Secrets, right before a measurement needs them."""

import asyncio
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from serinus.analysis.arguments import is_secret
from serinus.api.analysis import AnalysisRun, Argument
from serinus.api.kinds import SECRET
from serinus.kube import ApiError, Client, Forbidden, KubeError, NotFound
from serinus.providers.provider import Order, Provider, ProviderError, SecretName

Values = dict[str, str]


class MissingError(Exception):
    """A Secret, or a key of one, is not there, or not for us."""


class Secrets:
    """Reads Secrets; ``home`` is the controller's own namespace."""

    def __init__(self, client: Client, home: str) -> None:
        self._client = client
        self._home = home

    async def arguments(self, run: AnalysisRun) -> Values:
        """The values of a run's arguments that stand in Secrets, by the argument's name.

        Raises MissingError, and ProviderError where the API cannot be asked.
        """
        args = [arg for arg in run.spec.args if is_secret(arg)]
        names = {_reference(arg)[0] for arg in args}
        read = [self._read(run.metadata.namespace, name) for name in sorted(names)]
        found = dict(zip(sorted(names), await asyncio.gather(*read), strict=True))
        return {arg.name: _value(arg, found) for arg in args}

    async def of(self, provider: Provider, order: Order) -> dict[SecretName, Values]:
        """The Secrets that a provider names. Raises MissingError, and ProviderError where the API cannot be asked."""
        names: Sequence[SecretName] = provider.secrets(order)
        read = [self._read(name.namespace or self._home, name.name) for name in names]
        return dict(zip(names, await asyncio.gather(*read), strict=True))

    async def _read(self, namespace: str, name: str) -> Values:
        try:
            manifest = await self._client.get(SECRET.path(namespace, name))
        except (NotFound, Forbidden) as error:
            raise MissingError(error.message) from None
        except KubeError as error:
            said = error.message if isinstance(error, ApiError) else str(error)
            raise ProviderError(f'the Secret "{name}" cannot be read now: {said}') from None
        return _decoded(manifest)


def _decoded(manifest: dict[str, Any]) -> Values:
    data = manifest.get("data") or {}
    return {key: b64decode(value).decode(errors="replace") for key, value in data.items()}


def _reference(arg: Argument) -> tuple[str, str]:
    assert arg.value_from is not None
    assert arg.value_from.secret_key_ref is not None
    return arg.value_from.secret_key_ref.name, arg.value_from.secret_key_ref.key


def _value(arg: Argument, found: dict[str, Values]) -> str:
    name, key = _reference(arg)
    if key not in found[name]:
        raise MissingError(f"key '{key}' does not exist in secret '{name}'")
    return found[name][key]
