"""Keep a client on the version that answered it first.

Chance decides once and the reply carries a cookie that names the choice; a route
in front obeys the cookie. The choice ends when its backend gets no traffic any
more, so that an abort takes every client back. (Envoy can hash a cookie too, but
then clients change sides whenever the weights change.)
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from serinus.local.gateways.envoy.model import Forward, Route, Share, Sticky, Text


def sticking(route: Route) -> Iterator[Route]:
    """Write a route that shall stick as several; any other stays as it is."""
    action = route.action
    if not isinstance(action, Forward) or action.sticky is None:
        yield route
        return
    replace = msgspec.structs.replace
    for share in action.shares:
        chosen = ("cookie", Text("regex", _pattern(action.sticky, share)))
        match = replace(route.match, headers=(*route.match.headers, chosen))
        yield replace(route, match=match, action=replace(action, shares=(share,), sticky=None))
    shares = tuple(_marking(action.sticky, share) for share in action.shares)
    yield replace(route, action=replace(action, shares=shares, sticky=None))


def _marking(sticky: Sticky, share: Share) -> Share:
    """Let the replies of a share name it."""
    age = f"; Max-Age={sticky.seconds:.0f}" if sticky.seconds else ""
    cookie = ("set-cookie", f"{sticky.cookie}={_mark(share)}; Path=/; HttpOnly{age}")
    changes = msgspec.structs.replace(share.changes, add_response=(*share.changes.add_response, cookie))
    return msgspec.structs.replace(share, changes=changes)


def _pattern(sticky: Sticky, share: Share) -> str:
    return rf"(?:.*;)?\s*{re.escape(sticky.cookie)}=\"?{_mark(share)}\"?\s*(?:;.*)?"


def _mark(share: Share) -> str:
    """A word for a cluster that tells clients nothing of it."""
    return hashlib.sha256(share.cluster.encode()).hexdigest()[:12]
