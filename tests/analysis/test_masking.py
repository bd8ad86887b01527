"""Secrets never leave, in whichever form a server sends them back."""

import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.analysis.masking import Mask
from serinus.api.analysis import Measurement

SECRET = 'p/s w+r"d?ñ-0123456789'

FORMS = {
    "plain": SECRET,
    "in a query": quote(SECRET, safe=""),
    "in a path": quote(SECRET),
    "in a form": quote_plus(SECRET),
    "in JSON": json.dumps({"a": SECRET}),
    "in JSON, as it is": json.dumps({"a": SECRET}, ensure_ascii=False),
    "quoted": repr(SECRET),
    "in a header": "Basic " + b64encode(f"user:{SECRET}".encode()).decode(),
    "in base64": b64encode(SECRET.encode()).decode(),
    "in base64 for URLs": urlsafe_b64encode(f"??>>{SECRET}".encode()).decode().rstrip("="),
    "cut off": SECRET[:12] + "…",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_masked(form: str) -> None:
    masked = Mask([SECRET]).text(f"the server said: {FORMS[form]}")
    assert masked.startswith("the server said: ")
    assert "*****" in masked
    assert SECRET[:4] not in masked
    assert FORMS[form] not in masked
    assert "0123456789" not in masked


def test_a_secret_that_ends_a_line_is_masked_without_its_end() -> None:
    assert Mask(["token-1234\n"]).text("sent token-1234 to it") == "sent ***** to it"


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert Mask(["abc", "abcdef"]).text("abcdef") == "*****"


def test_what_is_no_secret_stays() -> None:
    text = 'Metric "success-rate" [0.97] c3VjY2Vzcy1yYXRl http://prometheus.monitoring:9090…'
    assert Mask([SECRET]).text(text) == text
    assert Mask([]).text(text) == text
    assert Mask(["", "\n"]).text(text) == text


def test_settings_in_a_secret_that_a_provider_reads_stay() -> None:
    mask = Mask(["argument"]).also(["us", "api-key-0815"])
    assert mask.text("status us argument api-key-0815") == "status us ***** *****"


def test_a_measurement_is_masked_as_a_whole() -> None:
    found = Measurement(phase="Error", message="m x1y2", value="v x1y2", metadata={"query": "q x1y2"})
    masked = Mask(["x1y2"]).measurement(found)
    assert (masked.message, masked.value, masked.metadata) == ("m *****", "v *****", {"query": "q *****"})


@given(
    secret=st.text(min_size=6, max_size=30).filter(str.strip), before=st.text(max_size=20), after=st.text(max_size=20)
)
def test_a_secret_is_never_left(secret: str, before: str, after: str) -> None:
    hidden = secret.strip()
    masked = Mask([secret]).text(f"{before}{secret}{after}")
    assert hidden not in masked or hidden in f"{before}*****{after}"
