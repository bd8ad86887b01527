"""From one VirtualService to routes.

Where it counts: without `gateways` everywhere, with `mesh` alone only between
services, with any other name from outside (and between services where `mesh`
stands beside it). Istio's own Gateway objects are not read.

As in Istio, routes are tried in order, a single destination gets everything
whatever its weight, of several the weights count relative to their sum, and a
destination that does not exist, or has no endpoints, answers 503. Istio refuses
destinations whose weights are all 0; here they answer 503.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from serinus.local.gateways.envoy import virtualservice as vs
from serinus.local.gateways.envoy.destinations import NOWHERE, Destinations
from serinus.local.gateways.envoy.model import (
    Again,
    Answer,
    Changes,
    Copy,
    Forward,
    Match,
    Redirect,
    Rewrite,
    Route,
    Share,
    Text,
)
from serinus.local.gateways.envoy.text import UnservableError, header, pattern, plain, seconds

MESH = "mesh"
HTTP_PORT = 80


class Where(Struct, frozen=True):
    """Whose requests are meant: of a namespace's pods, or from outside."""

    namespace: str = ""
    port: int = HTTP_PORT

    @property
    def inside(self) -> bool:
        """Whether pods ask."""
        return bool(self.namespace)

    def served_by(self, gateways: tuple[str, ...], *, unset: bool = True) -> bool:
        """Whether a list of gateways means this place."""
        if not gateways:
            return unset
        return MESH in gateways if self.inside else any(name != MESH for name in gateways)


def routes_of(service: vs.VirtualService, where: Where, destinations: Destinations) -> Iterator[Route]:
    """Yield a VirtualService's HTTP routes; raises UnservableError at the first bad field."""
    reader = Reader(service, where, destinations)
    for number, route in enumerate(service.spec.http):
        yield from reader.read(route, f"spec.http[{number}]")


def remarks_of(service: vs.VirtualService) -> Iterator[str]:
    """Name the fields that have no effect here."""
    for number, route in enumerate(service.spec.http):
        for name, value in (("fault", route.fault), ("corsPolicy", route.cors_policy)):
            if value is not None:
                yield f"spec.http[{number}].{name} is not served"
    if (service.spec.tcp or service.spec.tls) and not Where().served_by(service.spec.gateways):
        yield "spec.tcp and spec.tls are served to clients outside only"


class Reader:
    """Reads the routes of one VirtualService for one place."""

    def __init__(self, service: vs.VirtualService, where: Where, destinations: Destinations) -> None:
        meta = service.metadata
        self.owner = f"VirtualService {meta.namespace}/{meta.name}"
        self._namespace = meta.namespace
        self._where = where
        self._destinations = destinations

    def read(self, route: vs.HTTPRoute, at: str) -> Iterator[Route]:
        """Yield a route once per match that can be met in this place."""
        if route.delegate is not None:
            raise UnservableError(f"{at}.delegate: delegation is not served")
        changes = read_changes(route.headers, f"{at}.headers")
        for number, spoken in enumerate(route.match or (vs.HTTPMatch(),)):
            match = self._match(spoken, f"{at}.match[{number}]")
            action = self._action(route, at, match)
            if self._concerns(spoken):
                yield Route(self.owner, match, action, changes)

    def _concerns(self, match: vs.HTTPMatch) -> bool:
        """Judge what is known before any request comes."""
        where = self._where
        return (
            where.served_by(match.gateways)
            and match.port in {0, where.port}
            and match.source_namespace in {"", where.namespace}
        )

    def _match(self, match: vs.HTTPMatch, at: str) -> Match:
        if match.source_labels:
            raise UnservableError(f"{at}.sourceLabels: callers are known by namespace only")
        named = {":method": match.method, ":authority": match.authority, ":scheme": match.scheme}
        pseudo = [(name, _text(text, f"{at}.{name[1:]}")) for name, text in named.items() if text is not None]
        wanted = _texts(match.headers, f"{at}.headers")
        unwanted = [(name, _inverted(text)) for name, text in _texts(match.without_headers, f"{at}.withoutHeaders")]
        queries = [(plain(name, f"{at}.queryParams"), _text(text, at)) for name, text in match.query_params.items()]
        path = _text(match.uri, f"{at}.uri") if match.uri else Text("prefix", "/")
        return Match(
            path=Text("prefix", "/") if path.kind == "present" else path,
            ignore_case=match.ignore_uri_case,
            headers=(*pseudo, *wanted, *unwanted),
            queries=tuple(queries),
        )

    def _action(self, route: vs.HTTPRoute, at: str, match: Match) -> Forward | Redirect | Answer:
        if route.redirect:
            return _redirect(route.redirect, f"{at}.redirect")
        if route.direct_response:
            return _answer(route.direct_response, f"{at}.directResponse")
        return Forward(
            shares=tuple(self.shares(route.route, at)),
            copies=tuple(self._copies(route)),
            timeout=seconds(route.timeout, f"{at}.timeout"),
            again=_again(route.retries, f"{at}.retries"),
            rewrite=_rewrite(route.rewrite, match, f"{at}.rewrite") if route.rewrite else Rewrite(),
        )

    def shares(self, several: tuple[vs.RouteDestination, ...], at: str) -> Iterator[Share]:
        """Yield the destinations that get something."""
        for number, one in enumerate(several):
            weight = one.weight if len(several) > 1 else 1
            if weight > 0:
                changes = read_changes(one.headers, f"{at}.route[{number}].headers")
                yield Share(self._cluster(one.destination), weight, changes)

    def _copies(self, route: vs.HTTPRoute) -> Iterator[Copy]:
        whole = next((each for each in (route.mirror_percent, route.mirror_percent_old) if each is not None), 100)
        percent = route.mirror_percentage.value if route.mirror_percentage else float(whole)
        if route.mirror:
            yield Copy(self._cluster(route.mirror), percent)
        for mirror in route.mirrors:
            yield Copy(self._cluster(mirror.destination), mirror.percentage.value if mirror.percentage else 100.0)

    def _cluster(self, destination: vs.Destination) -> str:
        """Find a destination's cluster: its port, else the only one, else the one that was asked for."""
        name = self._destinations.exists(destination.host, self._namespace)
        if name is None:
            return NOWHERE
        ports = self._destinations.ports(name)
        number = destination.port.number if destination.port else 0
        if not number:
            number = ports[0].port if len(ports) == 1 else self._where.port
        return self._destinations.cluster(name, number, destination.subset)


def _text(match: vs.StringMatch, at: str) -> Text:
    if match.exact is not None:
        return Text("exact", plain(match.exact, at))
    if match.prefix is not None:
        return Text("prefix", plain(match.prefix, at))
    if match.regex is not None:
        return Text("regex", pattern(match.regex, at))
    return Text("present")


def _texts(matches: Mapping[str, vs.StringMatch], at: str) -> list[tuple[str, Text]]:
    return [(name if name in PSEUDO else header(name, at), _text(text, at)) for name, text in sorted(matches.items())]


PSEUDO = frozenset({":method", ":authority", ":scheme", ":path"})


def _inverted(text: Text) -> Text:
    return Text(text.kind, text.value, absent=True)


def read_changes(headers: vs.Headers, at: str) -> Changes:
    """Read what happens to headers."""
    request, response = headers.request, headers.response
    return Changes(
        set_request=_pairs(request.set, at),
        add_request=_pairs(request.add, at),
        drop_request=tuple(header(name, at) for name in request.remove),
        set_response=_pairs(response.set, at),
        add_response=_pairs(response.add, at),
        drop_response=tuple(header(name, at) for name in response.remove),
    )


def _pairs(values: Mapping[str, str], at: str) -> tuple[tuple[str, str], ...]:
    return tuple((header(name, at), plain(value, at)) for name, value in sorted(values.items()))


def _again(retries: vs.HTTPRetry | None, at: str) -> Again | None:
    """Read a retry policy as Istio does: numbers among the conditions are status codes."""
    if retries is None:
        return Again()
    if retries.attempts <= 0:
        return None
    words = [word.strip() for word in retries.retry_on.split(",") if word.strip()]
    codes = tuple(int(word) for word in words if word.isdigit())
    conditions = ",".join(plain(word, at) for word in words if not word.isdigit())
    return Again(
        on=(conditions if words else Again().on) + (",retriable-status-codes" if codes else ""),
        attempts=retries.attempts,
        codes=codes,
        per_try=seconds(retries.per_try_timeout, f"{at}.perTryTimeout"),
        pause=seconds(retries.backoff, f"{at}.backoff"),
        elsewhere=retries.retry_ignore_previous_hosts,
    )


def _rewrite(rewrite: vs.HTTPRewrite, match: Match, at: str) -> Rewrite:
    host = plain(rewrite.authority, f"{at}.authority")
    if by := rewrite.uri_regex_rewrite:
        return Rewrite(pattern=pattern(by.match, at), by=plain(by.rewrite, at), host=host)
    if not rewrite.uri:
        return Rewrite(host=host)
    uri = plain(rewrite.uri, f"{at}.uri")
    return Rewrite(path=uri, host=host) if match.path.kind == "regex" else Rewrite(prefix=uri, host=host)


def _redirect(redirect: vs.HTTPRedirect, at: str) -> Redirect:
    path = plain(redirect.uri, f"{at}.uri") or None
    host, scheme = plain(redirect.authority, at), plain(redirect.scheme, at)
    code = redirect.redirect_code or 301
    if code not in {301, 302, 303, 307, 308}:
        raise UnservableError(f"{at}.redirectCode: {code} is none of 301, 302, 303, 307, 308")
    return Redirect(code=code, scheme=scheme, host=host, port=redirect.port, rewrite=Rewrite(path=path))


def _answer(response: vs.DirectResponse, at: str) -> Answer:
    if not 200 <= response.status <= 599:
        raise UnservableError(f"{at}.status: {response.status} is not from 200 to 599")
    return Answer(response.status, response.body.string if response.body else "")
