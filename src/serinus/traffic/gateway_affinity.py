"""Session affinity: a cookie that names the version which answered first.

Each version's backend in the weighted rules adds the cookie to its answers; in our own route, requests that carry it go
to that version, whatever the weights say. The value is the pod-template hash, so a cookie of an earlier update means
nothing. At weight 0 nobody is kept on the canary, at full weight nobody on the stable version.
"""

from typing import Any

from serinus.api.routing import SessionAffinity
from serinus.traffic import cookies
from serinus.traffic.gateway_rules import Backend, Roles, Rule, is_service
from serinus.traffic.router import Traffic

_MODIFIER = "ResponseHeaderModifier"


def stamped(rule: Rule, roles: Roles, affinity: SessionAffinity, traffic: Traffic) -> Rule:
    """A weighted rule whose two backends say in a cookie which version they are."""
    hashes = {roles.canary: traffic.canary_hash, roles.stable: traffic.stable_hash}
    return rule | {"backendRefs": [_stamp(item, hashes, affinity) for item in rule["backendRefs"]]}


def unstamped(rule: Rule, cookie: str) -> Rule:
    """A weighted rule without our cookie."""
    return rule | {"backendRefs": [_without(item, cookie) for item in rule.get("backendRefs") or []]}


def cookie_match(affinity: SessionAffinity, hash_: str) -> dict[str, str]:
    """The header match of requests that carry the cookie of a version."""
    return {"type": "RegularExpression", "name": "Cookie", "value": cookies.pattern(affinity, hash_)}


def sets_cookies(rule: Rule, service: str, cookie: str) -> bool:
    """Whether a backend already sets cookies that are not ours: a header can be added only once."""
    backends = [item for item in rule.get("backendRefs") or [] if is_service(item, service)]
    added = [header for item in backends for header in _added(item)]
    return any(header["name"].lower() == cookies.HEADER.lower() and not _is_ours(header, cookie) for header in added)


def _stamp(item: Backend, hashes: dict[str, str], affinity: SessionAffinity) -> Backend:
    hash_ = next((hash_ for name, hash_ in hashes.items() if is_service(item, name)), "")
    plain = _without(item, affinity.cookie_name)
    if not hash_:
        return plain
    header = {"name": cookies.HEADER, "value": cookies.text(affinity, hash_)}
    filters = plain.get("filters") or []
    modifier = next((entry for entry in filters if entry.get("type") == _MODIFIER), None)
    if modifier is None:
        made = {"type": _MODIFIER, "responseHeaderModifier": {"add": [header]}}
        return plain | {"filters": [*filters, made]}
    body = modifier["responseHeaderModifier"]
    changed = modifier | {"responseHeaderModifier": body | {"add": [*(body.get("add") or []), header]}}
    return plain | {"filters": [changed if entry is modifier else entry for entry in filters]}


def _without(item: Backend, cookie: str) -> Backend:
    if not any(_is_ours(header, cookie) for header in _added(item)):
        return item
    filters = [left for entry in item["filters"] if (left := _filter_without(entry, cookie))]
    plain = {key: value for key, value in item.items() if key != "filters"}
    return plain | ({"filters": filters} if filters else {})


def _filter_without(entry: dict[str, Any], cookie: str) -> dict[str, Any] | None:
    """A filter without our cookie; None when nothing else is in it."""
    if entry.get("type") != _MODIFIER:
        return entry
    body = dict(entry["responseHeaderModifier"])
    body["add"] = [header for header in body.get("add") or [] if not _is_ours(header, cookie)]
    left = {key: value for key, value in body.items() if value}
    return entry | {"responseHeaderModifier": left} if left else None


def _added(item: Backend) -> list[dict[str, str]]:
    modifiers = (entry.get("responseHeaderModifier") or {} for entry in item.get("filters") or [])
    return [header for body in modifiers for header in body.get("add") or []]


def _is_ours(header: dict[str, str], cookie: str) -> bool:
    return header["name"].lower() == cookies.HEADER.lower() and header["value"].startswith(f"{cookie}=")
