"""A value out of the JSON that any HTTP server gives."""

from typing import Any

import msgspec

from serinus.api.provider import WebMetric
from serinus.providers.address import require_url
from serinus.providers.authentication import Headers, fetch_authorized, headers_of
from serinus.providers.fields import without_data
from serinus.providers.jsonpath import AbsentError, first
from serinus.providers.provider import (
    AtOnce,
    HTTPRequest,
    HTTPResponse,
    Measuring,
    Order,
    ProviderError,
    Reading,
)
from serinus.providers.reply import SUCCESS
from serinus.providers.text import json_text, shortened

DEFAULT_TIMEOUT = 10
METHODS = ("GET", "POST", "PUT")


class Web(AtOnce):
    """Any JSON value; the text itself where the reply is no JSON."""

    name = "web"

    def run(self, order: Order) -> Measuring:
        """Send the request, and take the value out of the reply."""
        spec = order.metric.provider.web
        assert spec is not None
        request = _request(spec)
        reply = yield from fetch_authorized(request, spec.authentication)
        if reply.status not in SUCCESS:
            raise ProviderError(f"received non 2xx response code: {reply.status} (from {request.origin})")
        try:
            return _reading(spec, reply)
        except AbsentError as error:
            return without_data(order, str(error))


def _request(spec: WebMetric) -> HTTPRequest:
    method = spec.method or "GET"
    if method not in METHODS:
        raise ProviderError(f"web method {method!r} is not known: use GET, POST or PUT")
    headers = headers_of(spec.headers)
    body = _body(spec, method)
    if spec.json_body is not None and not _has(headers, "content-type"):
        headers = (*headers, ("Content-Type", "application/json"))
    return HTTPRequest(
        url=require_url(spec.url, "web url"),
        method=method,
        headers=headers,
        body=body,
        timeout=spec.timeout_seconds if spec.timeout_seconds > 0 else DEFAULT_TIMEOUT,
        verify=not spec.insecure,
    )


def _has(headers: Headers, name: str) -> bool:
    return any(key.lower() == name for key, _ in headers)


def _body(spec: WebMetric, method: str) -> bytes:
    """The body of a POST or PUT. Raises ProviderError where it cannot be meant."""
    if spec.body and spec.json_body is not None:
        raise ProviderError("use either Body or JSONBody; both cannot exists for WebMetric payload")
    if method == "GET" and (spec.body or spec.json_body is not None):
        raise ProviderError("Body/JSONBody can only be used with POST or PUT WebMetric Method types")
    return spec.body.encode() if spec.json_body is None else msgspec.json.encode(spec.json_body)


def _reading(spec: WebMetric, reply: HTTPResponse) -> Reading:
    try:
        data: Any = msgspec.json.decode(reply.body)
    except RecursionError:
        raise ProviderError("the reply is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _text(spec, reply)
    result = first(spec.json_path or "{$}", data)
    return Reading(result, json_text(result))


def _text(spec: WebMetric, reply: HTTPResponse) -> Reading:
    """A reply that is no JSON. Raises ProviderError where a path was to be followed in it, or nothing came."""
    text = reply.body.decode(errors="replace")
    if not text.strip():
        raise ProviderError("the reply is empty")
    if spec.json_path:
        raise ProviderError(f"the reply is not JSON, so that jsonPath finds nothing in it: {shortened(text, 200)}")
    return Reading(text, shortened(text))
