"""What every provider must keep: bad replies are errors in plain words, and nothing shows a secret."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from providers.orders import http, json_reply, order, play
from providers.samples import HUSH, METRICS, REPLIES, SECRETS, sample
from serinus import plugins
from serinus.expr import ConditionError, evaluate_condition
from serinus.providers.choice import BUILT_IN
from serinus.providers.provider import HTTPResponse, Later, Order, Outcome, Provider, ProviderError, Reading, Verdict

PROVIDERS = plugins.providers()
KEYS = [
    *("data", "result", "resultType", "values", "value", "status", "series", "pointlist", "errors", "timeseries"),
    *("MetricDataResults", "Values", "Timestamps", "actor", "datapoints", "ok", "id", "name", "complete", "score"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, width=32) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


def run(name: str, *replies: HTTPResponse, config: Any = None) -> Outcome:
    given_ = sample(name, config)
    outcome: Outcome = play(PROVIDERS[name].run(given_), *replies)[1]
    return outcome


def test_all_that_the_api_knows_are_installed_and_named_as_the_field_is() -> None:
    assert set(PROVIDERS) == BUILT_IN == METRICS.keys() | {"job"}
    assert {name: provider.name for name, provider in PROVIDERS.items()} == {name: name for name in PROVIDERS}


@pytest.mark.parametrize("name", METRICS)
def test_a_good_reply_is_a_result(name: str) -> None:
    outcome = run(name, *REPLIES[name])
    assert isinstance(outcome, Reading | Later)
    if isinstance(outcome, Reading):
        assert outcome.result is not None
        assert outcome.value


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 429, 500, 502, 503])
@pytest.mark.parametrize("body", [b"", b"{}", b"<html>no</html>", b'{"message": "no"}'])
def test_any_status_but_2xx_is_an_error(name: str, status: int, body: bytes) -> None:
    with pytest.raises(ProviderError) as caught:
        run(name, HTTPResponse(status, {}, body))
    assert str(status) in str(caught.value)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"[]", b'""', b"0", b"<html>", b'{"data": {"a', b"\xff\xfe"])
def test_an_empty_or_strange_reply_meets_no_condition(name: str, body: bytes) -> None:
    try:
        outcome = run(name, HTTPResponse(200, {}, body))
    except ProviderError as error:
        assert str(error)  # noqa: PT017 - an error is one of two good ends
        return
    assert isinstance(outcome, Reading)
    for condition in ("result[0] >= 0", "result >= 0", "result == true"):
        with suppress(ConditionError):
            assert not evaluate_condition(condition, outcome.result, sample(name).now)


@pytest.mark.parametrize("name", METRICS)
@given(body=JSON)
def test_no_reply_breaks_a_provider(name: str, body: Any) -> None:
    try:
        outcome = run(name, HTTPResponse(200, {}, msgspec.json.encode(body)))
    except ProviderError as error:
        assert str(error)  # noqa: PT017 - an error is one of two good ends
    except IndexError:
        assert name == "kayenta", "more was asked for"
    else:
        assert isinstance(outcome, Reading | Verdict | Later)


NO_DATA: dict[str, HTTPResponse] = {
    "cloudWatch": json_reply({"MetricDataResults": []}),
    "datadog": json_reply({"status": "ok", "series": []}),
    "graphite": json_reply([]),
    "influxdb": HTTPResponse(200, {}, b"\r\n"),
    "newRelic": json_reply({"data": {"actor": {"account": {"nrql": {"results": []}}}}}),
    "prometheus": json_reply({"status": "success", "data": {"resultType": "vector", "result": []}}),
    "skywalking": json_reply({"data": None}),
    "wavefront": json_reply({"timeseries": []}),
    "web": json_reply({"data": {}}),
}


@pytest.mark.parametrize("name", METRICS.keys() - {"kayenta"})
def test_a_metric_that_says_what_missing_data_means_gets_an_empty_reading(name: str) -> None:
    given_ = sample(name)
    given_ = replace(given_, metric=replace(given_.metric, on_no_data="wait"))
    outcome = play(PROVIDERS[name].run(given_), NO_DATA[name])[1]
    assert isinstance(outcome, Reading)
    assert not outcome.result


@pytest.mark.parametrize("name", METRICS)
def test_a_trouble_of_the_shell_comes_through_as_it_is(name: str) -> None:
    measuring = PROVIDERS[name].run(sample(name))
    next(measuring)
    with pytest.raises(ProviderError, match=r"^did not answer$"):
        measuring.throw(ProviderError("did not answer"))


@pytest.mark.parametrize("name", METRICS)
def test_secrets_are_sent_and_never_shown(name: str) -> None:
    provider, given_ = PROVIDERS[name], sample(name)
    asked, outcome = play(provider.run(given_), *REPLIES[name])
    if provider.secrets(given_):
        assert any(HUSH in value for request in asked for _, value in http(request).headers)
    shown = [repr(given_), repr(outcome), repr(provider.metadata(given_)), *map(repr, asked)]
    assert [text for text in shown if HUSH in text] == []
    assert not any(value != value.strip() for request in asked for _, value in http(request).headers)


@pytest.mark.parametrize("name", METRICS)
def test_a_missing_secret_is_named(name: str) -> None:
    provider, given_ = PROVIDERS[name], sample(name, secrets={})
    for secret in provider.secrets(given_):
        with pytest.raises(ProviderError, match=f"Secret {secret.name} lacks "):
            next(provider.run(given_))


@pytest.mark.parametrize("name", METRICS)
def test_requests_are_bounded_verified_and_readable_again(name: str) -> None:
    asked, _ = play(PROVIDERS[name].run(sample(name)), *REPLIES[name])
    for request in map(http, asked):
        assert 0 < request.timeout <= 30
        assert request.verify
        assert request.is_repeatable or (name, request.method) == ("kayenta", "POST")
        assert hash(request) == hash(replace(request))


@pytest.mark.parametrize("name", METRICS)
def test_what_was_asked_is_kept(name: str) -> None:
    kept = PROVIDERS[name].metadata(sample(name))
    assert all(key.startswith("Resolved") and key.endswith("Query") and value for key, value in kept.items())
    assert bool(kept) == (name not in {"web", "kayenta"})


@pytest.mark.parametrize("name", METRICS.keys() - {"kayenta"})
def test_a_provider_that_is_done_at_once_has_nothing_to_end_or_to_remove(name: str) -> None:
    provider, given_ = PROVIDERS[name], sample(name)
    assert play(provider.resume(given_), *REPLIES[name]) == play(provider.run(given_), *REPLIES[name])
    assert play(provider.terminate(given_))[1].phase == "Inconclusive"
    assert play(provider.collect(given_)) == ([], None)


def test_the_samples_hold_secrets_for_those_who_need_them() -> None:
    needed = {secret for name in METRICS for secret in _of(PROVIDERS[name], sample(name))}
    assert needed == SECRETS.keys()
    assert _of(PROVIDERS["job"], order({"job": {"spec": {}}})) == set()


def _of(provider: Provider, given_: Order) -> set[Any]:
    return set(provider.secrets(given_))
