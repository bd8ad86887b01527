"""The cookie that names the version which answered first.

Its value is the pod-template hash, so that a cookie of an earlier update means nothing.
"""

import re
from collections.abc import Iterator

from serinus.api.routing import SessionAffinity
from serinus.traffic.found import invalid
from serinus.traffic.router import Traffic, Trouble

HEADER = "Set-Cookie"

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ENDING = "Path=/; Max-Age={}; HttpOnly; SameSite=Lax"
_OURS = re.compile(r"[A-Za-z0-9_-]+=[a-z0-9]+; " + _ENDING.format(r"\d+"))


def troubles(affinity: SessionAffinity) -> Iterator[Trouble]:
    """What is wrong with the fields."""
    if not _NAME.fullmatch(affinity.cookie_name):
        yield invalid(".sessionAffinity.cookieName", affinity.cookie_name, "use letters, digits, - and _ only")
    if affinity.max_age <= 0:
        yield invalid(".sessionAffinity.maxAge", affinity.max_age, "must be greater than 0 seconds")


def is_kept(traffic: Traffic) -> bool:
    """Whether there are two versions between which users are to be kept apart."""
    return not traffic.over and traffic.weight > 0 and traffic.stable_weight > 0


def text(affinity: SessionAffinity, hash_: str) -> str:
    """What an answer of a version sets."""
    return f"{affinity.cookie_name}={hash_}; {_ENDING.format(affinity.max_age)}"


def is_ours(value: str) -> bool:
    """Whether a header's value is one that ``text`` gives, for any version."""
    return _OURS.fullmatch(value) is not None


def pattern(affinity: SessionAffinity, hash_: str) -> str:
    """The expression of ``Cookie`` headers with the cookie of a version.

    Some proxies match the whole header and some a part: it holds its own ends.
    """
    return rf"^(.*;\s*)?{affinity.cookie_name}={hash_}(\s*;.*)?$"
