"""The values that providers exchange with the shell: what they show, and how they read as text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.orders import order
from serinus.providers.authentication import Token
from serinus.providers.datadog_query import Account
from serinus.providers.graphql import Endpoint
from serinus.providers.provider import AtOnce, ClusterReply, ClusterRequest, HTTPResponse
from serinus.providers.request import HTTPRequest
from serinus.providers.settings import settings_from
from serinus.providers.text import json_text, number_text, numbers_text, shortened

HUSH = "hush-hush"

SHOWN = {
    "HTTPRequest(POST https://x:8443)": HTTPRequest(
        url=f"https://{HUSH}:{HUSH}@x:8443/{HUSH}?{HUSH}", method="POST", headers=((HUSH, HUSH),), body=HUSH.encode()
    ),
    "HTTPResponse(200, 9 bytes)": HTTPResponse(200, {"set-cookie": HUSH}, HUSH.encode()),
    "ClusterRequest(create /apis/batch/v1/jobs)": ClusterRequest("create", "/apis/batch/v1/jobs", {"env": HUSH}),
    "ClusterReply(201)": ClusterReply(201, {"env": HUSH}),
    "Token(Bearer)": Token(HUSH),
    "Account(https://x)": Account("https://x", HUSH, HUSH),
    "Endpoint(New Relic)": Endpoint(who="New Relic", url="https://x", timeout=1, headers=(("API-Key", HUSH),)),
    "ProviderSettings('http://prometheus', 'eu-west-1', 'jobs')": settings_from(
        {
            "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS": "http://prometheus",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE": "jobs",
            "DD_API_KEY": HUSH,
            "DD_APP_KEY": HUSH,
        }
    ),
    "Order(shop/web-6d4b9f7c5-2 latency #1)": order({"web": {"url": f"https://x/?token={HUSH}"}}),
}


@pytest.mark.parametrize("text", SHOWN)
def test_what_is_shown_holds_no_secret(text: str) -> None:
    assert repr(SHOWN[text]) == text


def test_the_environment_sets_the_defaults() -> None:
    found = settings_from(
        {
            "AWS_REGION": "a",
            "AWS_DEFAULT_REGION": "b",
            "ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG": "/k",
            "DD_ADDRESS": "d",
            "DD_API_KEY": "k",
            "DD_APP_KEY": "p",
        }
    )
    assert (found.aws_region, found.job_kubeconfig, found.prometheus_address) == ("a", "/k", "")
    assert (found.datadog_address, found.datadog_api_key, found.datadog_app_key) == ("d", "k", "p")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (5.0, "5"),
        (0.1, "0.1"),
        (1e-05, "0.00001"),
        (1e21, "1000000000000000000000"),
        (100.0, "100"),
        (math.nan, "NaN"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_numbers_read_as_in_argo_rollouts(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_is_lost(number: float) -> None:
    text = number_text(number)
    assert float(text) == number
    assert "e" not in text


def test_values_stay_short_enough_for_a_status() -> None:
    assert len(numbers_text([0.123456789] * 10_000)) == 4096
    assert len(json_text(["x" * 10_000])) == 4096
    assert shortened("abcdef", 3) == "ab…"
    assert shortened("abc", 3) == "abc"


def test_who_is_done_at_once_must_say_how() -> None:
    with pytest.raises(NotImplementedError):
        AtOnce().run(order({}))
