"""Requests signed for AWS (Signature Version 4), by the extra ``serinus[aws]``."""

import asyncio
from collections.abc import Mapping
from typing import Any

from serinus.providers.provider import ProviderError
from serinus.providers.request import AwsSigning, HTTPRequest

HOW_TO_GET_IT = "requests for AWS need the package botocore: install serinus[aws] where the controller runs"


class AwsSigner:
    """Signs with the credentials of AWS' usual chain: environment, profile, web identity, instance.

    Credentials are looked up once for each profile and role, and renewed by botocore before they expire.
    """

    def __init__(self) -> None:
        self._credentials: dict[tuple[str, str], Any] = {}

    async def signed(self, request: HTTPRequest, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with the signature. Raises ProviderError where there are no credentials."""
        assert request.sign is not None
        return await asyncio.to_thread(self._signed, request, url, headers)

    def _signed(self, request: HTTPRequest, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        sign = request.sign
        assert sign is not None
        try:
            from botocore.auth import SigV4Auth  # noqa: PLC0415 - an extra
            from botocore.awsrequest import AWSRequest  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        except ImportError:
            raise ProviderError(HOW_TO_GET_IT) from None
        try:
            session = _session(sign.profile)
            region = sign.region or session.get_config_variable("region")
            if not region:
                raise ProviderError("the AWS region is not known: set it in the metric, or AWS_REGION")
            session.set_config_variable("region", region)
            prepared = AWSRequest(method=request.method, url=url, data=request.body, headers=dict(headers))
            SigV4Auth(self._frozen(sign, session), sign.service, region).add_auth(prepared)
        except (BotoCoreError, ClientError) as error:
            raise ProviderError(f"AWS gives no credentials: {_told(error)}") from None
        return {str(key): str(value) for key, value in prepared.headers.items()}

    def _frozen(self, sign: AwsSigning, session: Any) -> Any:
        """The credentials of this moment."""
        key = (sign.profile, sign.role_arn)
        if key not in self._credentials:
            own = session.get_credentials()
            self._credentials[key] = _assumed(session, own, sign.role_arn) if own and sign.role_arn else own
        if self._credentials[key] is None:
            del self._credentials[key]
            raise ProviderError(
                "AWS gives no credentials: set a role for the controller's ServiceAccount, or a profile"
            )
        return self._credentials[key].get_frozen_credentials()


def _session(profile: str) -> Any:
    import botocore.session  # noqa: PLC0415 - an extra

    return botocore.session.Session(profile=profile or None)


def _assumed(session: Any, own: Any, role: str) -> Any:
    """Credentials of a role that ours may assume; fetched when they are first needed."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials  # noqa: PLC0415

    fetcher = AssumeRoleCredentialFetcher(session.create_client, own, role, extra_args={"RoleSessionName": "serinus"})
    return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")


def _told(error: Exception) -> str:
    """AWS' own words; they name roles and profiles, and no key."""
    return " ".join(str(error).split())[:300]
