"""Matches of Gateway API rules, and the requests that two of them have in common.

A gateway takes the match with the exact path, then the longest prefix, then a method, then the most headers; the oldest
route wins a tie (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule). A match of ours that says all that the
user's says and one thing more is therefore always taken before it, wherever it stands.
"""

from typing import Any

from serinus.api.canary import HeaderRouteStep, MirrorMatch, StringMatch

Match = dict[str, Any]
HeaderMatch = dict[str, str]

EVERYTHING: Match = {"path": {"type": "PathPrefix", "value": "/"}}
"""What a rule without matches takes."""


def header_matches(step: HeaderRouteStep) -> list[HeaderMatch]:
    """The headers of a header route; all of them must match."""
    return [header_match(item.header_name, item.header_value) for item in step.match]


def header_match(name: str, value: StringMatch) -> HeaderMatch:
    """One header, as the Gateway API says it: it knows no prefixes, so they become patterns."""
    if value.exact is not None:
        return {"type": "Exact", "name": name, "value": value.exact}
    pattern = value.regex if value.prefix is None else f"^{_quoted(value.prefix)}.*"
    return {"type": "RegularExpression", "name": name, "value": pattern or ""}


def with_headers(match: Match, added: list[HeaderMatch]) -> Match | None:
    """A match for the same requests that carry these headers, too.

    None when the match already looks at one of them: a header can be matched only once.
    """
    present = match.get("headers") or []
    names = {header["name"].lower() for header in present}
    if any(header["name"].lower() in names for header in added):
        return None
    return match | {"headers": [*present, *added]} if added else match


def narrowed(match: Match, mirror: MirrorMatch) -> Match | None:
    """A match for those of its requests that a mirror route asks for.

    None when there are none, or when they are all of them: then the user's own rule, being older, would be taken.
    """
    path = _common_path(match.get("path") or EVERYTHING["path"], mirror.path)
    method = mirror.method.exact if mirror.method else None
    if path is None or (method and match.get("method", method) != method):
        return None
    headers = [header_match(name, value) for name, value in mirror.headers.items()]
    result = with_headers(match | {"path": path} | ({"method": method} if method else {}), headers)
    return result if result and _score(result) != _score(match) else None


def _common_path(mine: dict[str, str], asked: StringMatch | None) -> dict[str, str] | None:
    if asked is None:
        return mine
    if asked.regex is not None:
        return {"type": "RegularExpression", "value": asked.regex} if mine == EVERYTHING["path"] else None
    exact = asked.exact is not None
    theirs = {"type": "Exact" if exact else "PathPrefix", "value": (asked.exact if exact else asked.prefix) or "/"}
    if _covers(mine, theirs):
        return theirs
    return mine if _covers(theirs, mine) else None


def _covers(wide: dict[str, str], narrow: dict[str, str]) -> bool:
    """Whether all requests of one path match are requests of the other; prefixes end at a slash."""
    if wide == narrow:
        return True
    if wide.get("type") != "PathPrefix" or narrow.get("type") == "RegularExpression":
        return False
    stem = wide["value"].rstrip("/")
    return narrow["value"] == stem or narrow["value"].startswith(f"{stem}/")


def _score(match: Match) -> tuple[dict[str, str], bool, int]:
    return match.get("path") or EVERYTHING["path"], "method" in match, len(match.get("headers") or [])


def _quoted(text: str) -> str:
    return "".join(f"\\{char}" if char in r"\.+*?()|[]{}^$" else char for char in text)
