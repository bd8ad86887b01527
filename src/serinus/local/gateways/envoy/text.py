"""Check foreign text before it stands in Envoy's configuration.

JSON needs no quoting, but one text that Envoy refuses would cost all routes.
Regular expressions are RE2's: only Envoy itself can judge them.
"""

import re

HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
DOMAIN = re.compile(r"\*|(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|h|m|s)")
SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
LONGEST = 4096


class UnservableError(ValueError):
    """A part of an object cannot be served; the message says which field and why."""


def plain(text: str, where: str) -> str:
    """Return text without control characters; raises UnservableError naming `where`."""
    if any(ord(char) < 32 or ord(char) == 127 for char in text) or len(text) > LONGEST:
        raise UnservableError(f"{where}: control characters, or longer than {LONGEST} characters")
    return text


def header(name: str, where: str) -> str:
    """Return the name of a header, in small letters."""
    if not HEADER.fullmatch(name):
        raise UnservableError(f"{where}: {name[:40]!r} is not a valid name of a header")
    return name.lower()


def domain(name: str, where: str) -> str:
    """Return a host name, maybe with a wildcard in front."""
    if len(name) > 253 or not DOMAIN.fullmatch(name.lower()):
        raise UnservableError(f"{where}: {name[:40]!r} is not a valid host")
    return name.lower()


def pattern(text: str, where: str) -> str:
    """Return a regular expression without control characters."""
    return plain(text, where)


def seconds(text: str, where: str) -> float:
    """Read a duration such as `1m30s` or `0.5s`; empty is 0."""
    if text and DURATION.sub("", text):
        raise UnservableError(f"{where}: {text[:40]!r} is not a duration")
    return sum(float(number) * SECONDS[unit] for number, unit in DURATION.findall(text))
