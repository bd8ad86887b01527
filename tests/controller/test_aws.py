"""Signature Version 4, against AWS' published vectors, and how credentials are found."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
from aiohttp import web

from controller.test_exchange import serving
from serinus.controller.aws import AwsSigner
from serinus.controller.exchange import Exchange
from serinus.providers.provider import ProviderError
from serinus.providers.request import AwsSigning, HTTPRequest

SIGN = AwsSigning("service", "us-east-1")
SCOPE = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The account and the moment of the vectors, and nothing of this machine."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    moment = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: moment)


async def signed(request: HTTPRequest) -> dict[str, str]:
    return await AwsSigner().signed(request, request.url, dict(request.headers))


def plain(method: str = "GET", query: str = "", **fields: Any) -> HTTPRequest:
    return HTTPRequest(url=f"https://example.amazonaws.com/{query}", method=method, sign=SIGN, **fields)


@pytest.mark.parametrize(
    ("request_", "headers", "signature"),
    [
        (plain(), "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (plain("POST"), "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            plain(query="?Param2=value2&Param1=value1"),
            "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            plain("POST", headers=(("Content-Type", "application/x-www-form-urlencoded"),), body=b"Param1=value1"),
            "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
    ids=["get-vanilla", "post-vanilla", "get-vanilla-query-order-key-case", "post-x-www-form-urlencoded"],
)
async def test_the_published_vectors_are_met(request_: HTTPRequest, headers: str, signature: str) -> None:
    found = await signed(request_)
    assert found["X-Amz-Date"] == "20150830T123600Z"
    assert found["Authorization"] == f"AWS4-HMAC-SHA256 {SCOPE}, SignedHeaders={headers}, Signature={signature}"


async def test_what_is_signed_is_what_is_sent() -> None:
    async def take(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    async with serving(take) as server, Exchange() as exchange:
        url = f"{server.url}/api/v1/query?query=up%7Bjob%3D%22a%20b%22%7D"
        await exchange.send(HTTPRequest(url=url, headers=(("X-Scope", "shop"),), sign=SIGN))
    (asked,) = server.asked
    again = HTTPRequest(url=f"http://{asked.host}{asked.raw_path}", headers=(("X-Scope", "shop"),), sign=SIGN)
    assert (await signed(again))["Authorization"] == asked.headers["Authorization"]


async def test_a_profile_and_its_region_are_used(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile ops]\nregion = eu-west-1\n")
    (tmp_path / "credentials").write_text("[ops]\naws_access_key_id = AKIDOPS\naws_secret_access_key = secret\n")
    found = await signed(HTTPRequest(url="https://x.amazonaws.com/", sign=AwsSigning("aps", "", "ops")))
    assert "Credential=AKIDOPS/20150830/eu-west-1/aps/aws4_request" in found["Authorization"]


async def test_a_role_is_assumed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    role = "arn:aws:iam::123456789012:role/metrics"
    bodies: list[str] = []

    async def assume(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.text())
        return web.Response(text=ASSUMED, content_type="text/xml")

    async with serving(assume) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        signer = AwsSigner()
        request = HTTPRequest(url="https://x.amazonaws.com/", sign=AwsSigning("aps", "eu-west-1", "", role))
        both = [await signer.signed(request, request.url, {}) for _ in range(2)]
    assert [("Credential=AKIDROLE/" in found["Authorization"], found["X-Amz-Security-Token"]) for found in both] == [
        (True, "session")
    ] * 2
    (body,) = bodies
    assert "Action=AssumeRole" in body
    assert "role%2Fmetrics" in body


async def test_without_credentials_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    with pytest.raises(ProviderError, match="AWS gives no credentials: set a role for the controller's ServiceAccount"):
        await signed(plain())


async def test_an_unknown_profile_and_a_missing_region_are_named() -> None:
    with pytest.raises(ProviderError, match=r"AWS gives no credentials: .*nobody"):
        await signed(HTTPRequest(url="https://x/", sign=AwsSigning("aps", "r", "nobody")))
    with pytest.raises(ProviderError, match="the AWS region is not known: set it in the metric, or AWS_REGION"):
        await signed(HTTPRequest(url="https://x/", sign=AwsSigning("aps", "")))


async def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(ProviderError, match=r"install serinus\[aws\] where the controller runs"):
        await signed(plain())


ASSUMED = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>a</Arn><AssumedRoleId>b</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>{json.dumps("key").strip('"')}</SecretAccessKey>
<SessionToken>session</SessionToken><Expiration>{datetime(2099, 1, 1, tzinfo=UTC).isoformat()}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
