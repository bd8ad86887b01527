"""From one route of Gateway API to routes.

As Gateway API says: a backend that does not exist, or that nobody granted,
answers its share of the requests with 500, and so does a rule without weights
above 0; a Service without endpoints answers 503, and a backend of weight 0 gets
nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from serinus.local.gateways.envoy import httproute as api
from serinus.local.gateways.envoy.destinations import NOWHERE, Destinations, Name
from serinus.local.gateways.envoy.model import (
    Again,
    Answer,
    Changes,
    Copy,
    Forward,
    Kind,
    Match,
    Redirect,
    Rewrite,
    Route,
    Share,
    Sticky,
    Text,
)
from serinus.local.gateways.envoy.text import UnservableError, header, pattern, plain, seconds

PATHS: dict[str, Kind] = {"": "element", "PathPrefix": "element", "Exact": "exact", "RegularExpression": "regex"}
SERVED = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect", "URLRewrite")
SESSION = "serinus-session"
DAY = 86400.0

RESOLVED = ("ResolvedRefs", "")


class Rank(NamedTuple):
    """Where a match stands among all of a host, the smallest first."""

    path_kind: int
    path_length: int
    any_method: bool
    headers: int
    queries: int
    age: tuple[str, str]
    place: tuple[int, int]


class Rules:
    """Reads the rules of one route."""

    def __init__(self, route: api.Route, kind: str, destinations: Destinations, grants: "Grants") -> None:
        meta = route.metadata
        self._owner = f"{kind} {meta.namespace}/{meta.name}"
        self._age = (meta.creation_timestamp.isoformat() if meta.creation_timestamp else "", self._owner)
        self._route = route
        self._grpc = kind == "GRPCRoute"
        self._kind = kind
        self._destinations = destinations
        self._grants = grants
        self.resolved = RESOLVED
        """Reason and message of the first backend that cannot be had."""

    def read(self) -> Iterator[tuple[Rank, Route]]:
        """Yield the routes with their ranks; raises UnservableError at the first bad field."""
        for number, rule in enumerate(self._route.spec.rules):
            at = f"spec.rules[{number}]"
            filters = [item for item in rule.filters if _known(item, at)]
            action, changes = self._action(rule, filters, at), _changes(filters, at)
            for place, match in enumerate(rule.matches or (api.RouteMatch(),)):
                read = self._match(match, f"{at}.matches[{place}]")
                yield self._rank(match, read, (number, place)), Route(self._owner, read, action, changes)

    def shares(self) -> tuple[Share, ...]:
        """Read the backends of the only rule, as routes of connections have them."""
        return tuple(share for rule in self._route.spec.rules[:1] for share in self._shares(rule, "spec.rules[0]"))

    def _rank(self, match: api.RouteMatch, read: Match, place: tuple[int, int]) -> Rank:
        return Rank(
            path_kind=("exact", "regex", "element", "prefix").index(read.path.kind),
            path_length=-len(read.path.value),
            any_method=not match.method,
            headers=-len(match.headers),
            queries=-len(match.query_params),
            age=self._age,
            place=place,
        )

    def _match(self, match: api.RouteMatch, at: str) -> Match:
        method = [(":method", Text("exact", match.method))] if isinstance(match.method, str) else []
        headers = [(header(item.name, at), _value(item, f"{at}.headers")) for item in _first_of_name(match.headers)]
        return Match(
            path=_rpc(match, at) if self._grpc else _path(match.path, f"{at}.path"),
            headers=(*method, *headers),
            queries=tuple((plain(item.name, at), _value(item, f"{at}.queryParams")) for item in match.query_params),
        )

    def _action(self, rule: api.RouteRule, filters: list[api.Filter], at: str) -> Forward | Redirect | Answer:
        redirect = next((item.request_redirect for item in filters if item.request_redirect), None)
        if redirect is not None:
            return _redirect(redirect, at)
        shares = tuple(self._shares(rule, at))
        if not shares:
            return Answer(500)
        rewrite = next((item.url_rewrite for item in filters if item.url_rewrite), None)
        timeouts = rule.timeouts
        return Forward(
            shares=shares,
            copies=tuple(self._copies(filters)),
            timeout=seconds(timeouts.request, f"{at}.timeouts.request"),
            again=_again(rule.retry, seconds(timeouts.backend_request, f"{at}.timeouts.backendRequest"), at),
            rewrite=_rewrite(rewrite, at) if rewrite else Rewrite(),
            sticky=_sticky(rule.session_persistence, at),
            lost=500,
        )

    def _shares(self, rule: api.RouteRule, at: str) -> Iterator[Share]:
        for number, ref in enumerate(rule.backend_refs):
            where = f"{at}.backendRefs[{number}]"
            filters = [item for item in ref.filters if _known(item, where)]
            cluster = self._cluster(ref)
            if ref.weight > 0:
                yield Share(cluster, ref.weight, _changes(filters, where))

    def _copies(self, filters: list[api.Filter]) -> Iterator[Copy]:
        for mirror in (item.request_mirror for item in filters if item.request_mirror):
            percent = 100.0 if mirror.percent is None else float(mirror.percent)
            if part := mirror.fraction:
                percent = 100.0 * part.numerator / max(part.denominator, 1)
            if (cluster := self._cluster(mirror.backend_ref)) != NOWHERE:
                yield Copy(cluster, percent)

    def _cluster(self, ref: api.BackendRef) -> str:
        """Find a backend's cluster; NOWHERE, and a note of why, where it cannot be had."""
        namespace = ref.namespace or self._route.metadata.namespace
        name = Name(namespace, ref.name)
        if (ref.group, ref.kind) not in {("", "Service"), ("core", "Service")}:
            return self._unresolved("InvalidKind", f"{ref.kind} {ref.name}: only Services are served as backends")
        if not self._grants.allow(self._route.metadata.namespace, self._kind, name):
            return self._unresolved("RefNotPermitted", f"no ReferenceGrant lets Service {namespace}/{ref.name} be used")
        cluster = self._destinations.cluster(name, ref.port, http2=self._grpc)
        if cluster == NOWHERE:
            return self._unresolved("BackendNotFound", f"there is no Service {namespace}/{ref.name} port {ref.port}")
        return cluster

    def _unresolved(self, reason: str, message: str) -> str:
        if self.resolved == RESOLVED:
            self.resolved = (reason, message)
        return NOWHERE


class Grants:
    """Who lets whom use a Service of another namespace."""

    def __init__(self, grants: tuple[api.ReferenceGrant, ...]) -> None:
        self._grants = grants

    def allow(self, namespace: str, kind: str, target: Name) -> bool:
        """Whether routes of a namespace may name a Service."""
        return namespace == target.namespace or any(
            grant.metadata.namespace == target.namespace
            and any((one.group, one.kind, one.namespace) == (api.GROUP, kind, namespace) for one in grant.spec.from_)
            and any((one.group, one.kind) == ("", "Service") and one.name in {"", target.name} for one in grant.spec.to)
            for grant in self._grants
        )


def _known(item: api.Filter, at: str) -> bool:
    if item.type not in SERVED:
        raise UnservableError(f"{at}.filters: {item.type} is not served; known are {', '.join(SERVED)}")
    return True


def _path(path: api.Value | None, at: str) -> Text:
    path = path or api.Value("/")
    kind = PATHS.get(path.type)
    if kind is None:
        raise UnservableError(f"{at}.type: {path.type!r} is not served")
    if kind == "regex":
        return Text(kind, pattern(path.value, at))
    value = plain(path.value or "/", at)
    if kind == "element":
        value = value.rstrip("/")
        return Text(kind, value) if value else Text("prefix", "/")
    return Text(kind, value)


def _rpc(match: api.RouteMatch, at: str) -> Text:
    """A gRPC call is a POST to /service/method."""
    if not isinstance(match.method, api.RPC):
        return Text("prefix", "/")
    rpc = match.method
    if rpc.type == "Exact" and rpc.service and not rpc.method:
        return Text("element", plain(f"/{rpc.service}", at))
    if rpc.type == "Exact" and rpc.service:
        return Text("exact", plain(f"/{rpc.service}/{rpc.method}", at))
    service, method = (rpc.service or "[^/]+"), (rpc.method or "[^/]+")
    return Text("regex", pattern(f"/{service}/{method}", at))


def _value(item: api.Value, at: str) -> Text:
    if item.type in {"", "Exact"}:
        return Text("exact", plain(item.value, at))
    return Text("regex", pattern(item.value, at))


def _first_of_name(headers: tuple[api.Value, ...]) -> list[api.Value]:
    """Of several matches of one header only the first counts."""
    return list({item.name.lower(): item for item in reversed(headers)}.values())[::-1]


def _changes(filters: list[api.Filter], at: str) -> Changes:
    request = [item.request_header_modifier for item in filters if item.type == "RequestHeaderModifier"]
    response = [item.response_header_modifier for item in filters if item.type == "ResponseHeaderModifier"]
    return Changes(
        set_request=tuple(pair for one in request for pair in _pairs(one.set, at)),
        add_request=tuple(pair for one in request for pair in _pairs(one.add, at)),
        drop_request=tuple(header(name, at) for one in request for name in one.remove),
        set_response=tuple(pair for one in response for pair in _pairs(one.set, at)),
        add_response=tuple(pair for one in response for pair in _pairs(one.add, at)),
        drop_response=tuple(header(name, at) for one in response for name in one.remove),
    )


def _pairs(headers: tuple[api.Header, ...], at: str) -> Iterator[tuple[str, str]]:
    return ((header(item.name, f"{at}.filters"), plain(item.value, f"{at}.filters")) for item in headers)


def _change(path: api.PathChange | None, at: str) -> Rewrite:
    if path is None:
        return Rewrite()
    if path.type == "ReplaceFullPath":
        return Rewrite(path=plain(path.replace_full_path, at))
    return Rewrite(prefix=plain(path.replace_prefix_match, at))


def _rewrite(rewrite: api.RewriteFilter, at: str) -> Rewrite:
    change = _change(rewrite.path, f"{at}.filters.urlRewrite")
    return Rewrite(prefix=change.prefix, path=change.path, host=plain(rewrite.hostname, at))


def _redirect(redirect: api.RedirectFilter, at: str) -> Redirect:
    change = _change(redirect.path, f"{at}.filters.requestRedirect")
    host = plain(redirect.hostname, at)
    return Redirect(code=redirect.status_code, scheme=redirect.scheme, host=host, port=redirect.port, rewrite=change)


def _again(retry: api.Retry | None, per_try: float, at: str) -> Again:
    if retry is None:
        return Again(per_try=per_try)
    codes = ",retriable-status-codes" if retry.codes else ""
    return Again(
        on="connect-failure,refused-stream,reset" + codes,
        attempts=2 if retry.attempts is None else retry.attempts,
        codes=retry.codes,
        per_try=per_try,
        pause=seconds(retry.backoff, f"{at}.retry.backoff"),
    )


def _sticky(session: api.SessionPersistence | None, at: str) -> Sticky | None:
    if session is None:
        return None
    if session.type != "Cookie":
        raise UnservableError(f"{at}.sessionPersistence.type: {session.type} is not served, use Cookie")
    name = session.session_name or SESSION
    header(name, f"{at}.sessionPersistence.sessionName")  # the names of cookies have the same form
    if session.cookie_config.lifetime_type == "Session":
        return Sticky(name)
    return Sticky(name, seconds(session.absolute_timeout, f"{at}.sessionPersistence.absoluteTimeout") or DAY)
