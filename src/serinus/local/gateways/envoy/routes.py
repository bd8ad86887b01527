"""From routes to Envoy's route configurations."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from serinus.local.gateways.envoy.affinity import sticking
from serinus.local.gateways.envoy.model import (
    Again,
    Answer,
    Changes,
    Copy,
    Forward,
    Host,
    Match,
    Redirect,
    Rewrite,
    Route,
    Share,
    Text,
)

TYPE = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
PREVIOUS = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
MILLION = 1_000_000
DRAWS = "50"
"""How often a backend is drawn that was not tried yet. With Istio's 5, one in 200 requests to two pods, of which
one is gone, draws the dead one each time: nobody has fewer requests under way."""
REDIRECTS = {
    301: "MOVED_PERMANENTLY",
    302: "FOUND",
    303: "SEE_OTHER",
    307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}
LOST = {500: "INTERNAL_SERVER_ERROR", 503: "SERVICE_UNAVAILABLE"}

Json = dict[str, Any]


def route_configuration(name: str, hosts: Iterable[Host], *, any_port: bool) -> Json:
    """Write all hosts of a door; `any_port` disregards the port that a client names."""
    return {
        "@type": TYPE,
        "name": name,
        "ignore_port_in_host_matching": any_port,
        "virtual_hosts": [
            {"name": host.domains[0], "domains": list(host.domains), "routes": [*_routes(host)]} for host in hosts
        ],
    }


def answering(name: str, text: str) -> Json:
    """Write a door that answers everything with a text."""
    action = Answer(200, text)
    return route_configuration(name, (Host(("*",), (Route("", Match(), action),)),), any_port=True)


def _routes(host: Host) -> Iterator[Json]:
    for route in host.routes:
        yield from (_route(each) for each in sticking(route))


def _route(route: Route) -> Json:
    return {"match": _match(route.match), **_action(route), **_changes(route.changes)}


def _match(match: Match) -> Json:
    found: Json = _path(match.path)
    if match.ignore_case:
        found["case_sensitive"] = False
    if match.headers:
        found["headers"] = [_header(name, text) for name, text in match.headers]
    if match.queries:
        found["query_parameters"] = [{"name": name, **_present_or_string(text)} for name, text in match.queries]
    return found


def _path(text: Text) -> Json:
    match text.kind:
        case "exact":
            return {"path": text.value}
        case "element":
            return {"path_separated_prefix": text.value}
        case "regex":
            return {"safe_regex": {"regex": text.value}}
        case _:
            return {"prefix": text.value}


def _header(name: str, text: Text) -> Json:
    found: Json = {"name": name, **_present_or_string(text)}
    if text.absent:
        found["invert_match"] = True
        found["treat_missing_header_as_empty"] = text.kind != "present"
    return found


def _present_or_string(text: Text) -> Json:
    if text.kind == "present":
        return {"present_match": True}
    key = "prefix" if text.kind == "element" else text.kind
    return {"string_match": {"safe_regex": {"regex": text.value}} if key == "regex" else {key: text.value}}


def _action(route: Route) -> Json:
    match route.action:
        case Forward(shares=()):
            return {"direct_response": {"status": 503}}
        case Forward() as forward:
            return {"route": _forward(forward, route.match)}
        case Redirect() as redirect:
            return {"redirect": _redirect(redirect)}
        case Answer(status=status, body=body):
            return {"direct_response": {"status": status, **({"body": {"inline_string": body}} if body else {})}}


def _forward(forward: Forward, match: Match) -> Json:
    found: Json = {
        "weighted_clusters": {"clusters": [_share(share) for share in forward.shares]},
        "cluster_not_found_response_code": LOST[forward.lost],
        "timeout": _seconds(forward.timeout),
        **_rewrite(forward.rewrite, match),
    }
    if forward.rewrite.host:
        found["host_rewrite_literal"] = forward.rewrite.host
    if forward.again is not None:
        found["retry_policy"] = _again(forward.again)
    if forward.copies:
        found["request_mirror_policies"] = [_copy(copy) for copy in forward.copies]
    return found


def _share(share: Share) -> Json:
    return {"name": share.cluster, "weight": share.weight, **_changes(share.changes)}


def _copy(copy: Copy) -> Json:
    numerator = min(max(round(copy.percent * MILLION / 100), 0), MILLION)
    fraction = {"numerator": numerator, "denominator": "MILLION"}
    return {"cluster": copy.cluster, "runtime_fraction": {"default_value": fraction}}


def _again(again: Again) -> Json:
    found: Json = {"retry_on": again.on, "num_retries": again.attempts}
    if again.codes:
        found["retriable_status_codes"] = list(again.codes)
    if again.per_try:
        found["per_try_timeout"] = _seconds(again.per_try)
    if again.pause:
        found["retry_back_off"] = {"base_interval": _seconds(again.pause)}
    if again.elsewhere:
        found["retry_host_predicate"] = [
            {"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": PREVIOUS}}
        ]
        found["host_selection_retry_max_attempts"] = DRAWS
    return found


def _rewrite(rewrite: Rewrite, match: Match) -> Json:
    if rewrite.pattern is not None:
        return {"regex_rewrite": _substitute(rewrite.pattern, rewrite.by)}
    if rewrite.path is not None:
        return {"regex_rewrite": _substitute(".*", rewrite.path.replace("\\", r"\\"))}
    if rewrite.prefix is None:
        return {}
    if match.path.kind == "element" and not rewrite.prefix.strip("/"):  # else /shop/cart became //cart
        return {"regex_rewrite": _substitute(f"^{re.escape(match.path.value)}/*", "/")}
    return {"prefix_rewrite": rewrite.prefix}


def _substitute(pattern: str, by: str) -> Json:
    return {"pattern": {"regex": pattern}, "substitution": by}


def _redirect(redirect: Redirect) -> Json:
    found: Json = {"response_code": REDIRECTS[redirect.code]}
    if redirect.scheme:
        found["scheme_redirect"] = redirect.scheme
    if redirect.host:
        found["host_redirect"] = redirect.host
    if redirect.port:
        found["port_redirect"] = redirect.port
    if redirect.rewrite.path is not None:
        found["path_redirect"] = redirect.rewrite.path
    elif redirect.rewrite.prefix is not None:
        found["prefix_rewrite"] = redirect.rewrite.prefix
    return found


def _changes(changes: Changes) -> Json:
    found: Json = {
        "request_headers_to_add": _values(changes.set_request, changes.add_request),
        "request_headers_to_remove": list(changes.drop_request),
        "response_headers_to_add": _values(changes.set_response, changes.add_response),
        "response_headers_to_remove": list(changes.drop_response),
    }
    return {key: value for key, value in found.items() if value}


def _values(put: Iterable[tuple[str, str]], add: Iterable[tuple[str, str]]) -> list[Json]:
    """Write headers; a percent sign would start a variable of Envoy's."""
    both = [("OVERWRITE_IF_EXISTS_OR_ADD", pair) for pair in put] + [("APPEND_IF_EXISTS_OR_ADD", pair) for pair in add]
    return [
        {"header": {"key": name, "value": value.replace("%", "%%")}, "append_action": action}
        for action, (name, value) in both
    ]


def _seconds(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"
