"""Read the canary annotations of ingress-nginx.

Source: the annotations page of ingress-nginx, section Canary. As there, a weight
that is no whole number counts as 0, and a total counts from 100 upwards.
"""

import re
from collections.abc import Mapping
from fractions import Fraction

from serinus.local.gateways.nginx.text import UnservableError, printable
from serinus.local.gateways.routing import Canary

PREFIX = "nginx.ingress.kubernetes.io/"
TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
KNOWN = frozenset(
    PREFIX + name
    for name in (
        "canary",
        "canary-weight",
        "canary-weight-total",
        "canary-by-header",
        "canary-by-header-value",
        "canary-by-header-pattern",
        "canary-by-cookie",
    )
)
"""The annotations that are served; any other gets a remark."""

HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
NAMED_GROUP = re.compile(r"\(\?(?:P?<(?![=!])|')")


def is_canary(annotations: Mapping[str, str]) -> bool:
    """Whether an Ingress is the canary of another one."""
    return annotations.get(PREFIX + "canary") in TRUE


def read_canary(annotations: Mapping[str, str]) -> Canary:
    """Read the rule of a canary Ingress; raises UnservableError with the annotation's name."""
    return Canary(
        share=_share(annotations),
        header=_matching(annotations, "canary-by-header", HEADER_NAME),
        header_value=_plain(annotations, "canary-by-header-value"),
        header_pattern=_pattern(annotations),
        cookie=_matching(annotations, "canary-by-cookie", COOKIE_NAME),
    )


def _share(annotations: Mapping[str, str]) -> Fraction:
    total = max(100, _whole(annotations, "canary-weight-total"))
    weight = _whole(annotations, "canary-weight")
    return Fraction(min(max(weight, 0), total), total)


def _whole(annotations: Mapping[str, str], name: str) -> int:
    text = annotations.get(PREFIX + name, "")
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else 0


def _plain(annotations: Mapping[str, str], name: str) -> str:
    return printable(annotations.get(PREFIX + name, ""), f"annotation {PREFIX}{name}")


def _matching(annotations: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    text = annotations.get(PREFIX + name, "")
    if text and not form.fullmatch(text):
        raise UnservableError(f"annotation {PREFIX}{name}: {text[:40]!r} is not a valid name")
    return text


def _pattern(annotations: Mapping[str, str]) -> str:
    """Read the regular expression; nginx itself judges whether it is one."""
    name = "canary-by-header-pattern"
    text = _plain(annotations, name)
    if text.startswith("*"):
        raise UnservableError(f"annotation {PREFIX}{name}: nothing to repeat before '*'")
    if NAMED_GROUP.search(text):  # nginx would make a variable of it, or replace one of its own
        raise UnservableError(f"annotation {PREFIX}{name}: named groups are not allowed, use (…) or (?:…)")
    return text
