"""The route of our own beside a user's route: header routes, mirror routes and session affinity.

It has the hosts and parents of the user's route, and for each weighted rule of that one a rule with one match more, so
that a gateway takes it first. It is the Rollout's, and goes with the update; the user's rules are left alone.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from serinus.api.canary import MirrorRouteStep
from serinus.api.routing import SessionAffinity
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic import gateway_affinity as affinities
from serinus.traffic.cookies import is_kept
from serinus.traffic.gateway_config import Asked
from serinus.traffic.gateway_match import EVERYTHING, HeaderMatch, Match, header_matches, narrowed, with_headers
from serinus.traffic.gateway_rules import Backend, Rule, backend, roles_of
from serinus.traffic.own import own, spec_like
from serinus.traffic.router import Traffic

_LONGEST_NAME = 253
_NOT_COPIED = ("kubectl.", "argocd.", "rollouts.argoproj.io/", "rollout.serinus.dev/", "meta.helm.sh/", "kustomize.")
"""Annotations that say whose an object is: copied, they would make somebody else claim it."""


class Source(Struct, frozen=True):
    """A user's route with its weighted rules."""

    asked: Asked
    found: Foreign
    rules: list[Rule]
    """As they should be."""
    affinity: SessionAffinity | None = None


def own_ref(asked: Asked, rollout: str) -> Ref:
    """Where our route beside a user's is."""
    ending = f"-{rollout}-managed"
    return Ref(asked.ref.kind, asked.ref.namespace, asked.ref.name[: _LONGEST_NAME - len(ending)] + ending)


def own_route(traffic: Traffic, source: Source, present: Foreign | None) -> Manifest | None:
    """Our route as it should be; None while there is nothing to say in it."""
    rules = [*_managed(traffic, source), *_sticky(traffic, source)]
    if not rules:
        return None
    ref, spec = own_ref(source.asked, traffic.rollout.name), spec_like(source.found, present)
    return own(ref, traffic.rollout, spec | {"rules": rules}, _annotations(source.found))


def unreached(step: MirrorRouteStep, source: Source) -> bool:
    """Whether a mirror route would never be taken."""
    matches = [match for rule in source.rules for match in _matches(source, rule)]
    return not any(narrowed(match, item) for match in matches for item in step.match)


def _managed(traffic: Traffic, source: Source) -> Iterator[Rule]:
    """Header and mirror routes in the order of ``managedRoutes``: among equal matches, the first is taken."""
    canary = traffic.rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    headers = {step.name: step for step in traffic.header_routes} if source.asked.has_header_routes else {}
    mirrors = {step.name: step for step in traffic.mirror_routes} if source.asked.is_http else {}
    for managed in routing.managed_routes if routing else ():
        if step := headers.get(managed.name):
            yield from _to_one(source, roles_of(traffic.rollout).canary, header_matches(step))
        if mirror := mirrors.get(managed.name):
            yield from _mirrored(traffic, source, mirror)


def _sticky(traffic: Traffic, source: Source) -> Iterator[Rule]:
    if source.affinity is None or not source.asked.is_http or not is_kept(traffic):
        return
    roles = roles_of(traffic.rollout)
    for service, hash_ in ((roles.canary, traffic.canary_hash), (roles.stable, traffic.stable_hash)):
        if hash_:
            yield from _to_one(source, service, [affinities.cookie_match(source.affinity, hash_)])


def _to_one(source: Source, service: str, headers: list[HeaderMatch]) -> Iterator[Rule]:
    """Each weighted rule once more, for requests with these headers, leading to one version alone."""
    cookie = source.affinity.cookie_name if source.affinity else ""
    for rule in source.rules:
        matches = [match for item in _matches(source, rule) if (match := with_headers(item, headers))]
        target = backend(affinities.unstamped(rule, cookie) if cookie else rule, service)
        if matches and target is not None:
            yield _copied(rule) | {"matches": matches, "backendRefs": [target | {"weight": 1}]}


def _mirrored(traffic: Traffic, source: Source, step: MirrorRouteStep) -> Iterator[Rule]:
    """Each weighted rule once more, for the requests that are mirrored, with the same weights."""
    for rule in source.rules:
        matches = [match for own in _matches(source, rule) for item in step.match if (match := narrowed(own, item))]
        canary = backend(rule, roles_of(traffic.rollout).canary)
        if matches and canary is not None:
            filters = [*(rule.get("filters") or []), _mirror_filter(canary, step.percentage)]
            yield _copied(rule) | {"matches": matches, "filters": filters}


def _mirror_filter(canary: Backend, percentage: int | None) -> dict[str, Any]:
    target = {"group": "", "kind": "Service"} | {
        key: canary[key] for key in ("group", "kind", "name", "namespace", "port") if key in canary
    }
    share = {} if percentage in {None, 100} else {"percent": percentage}
    return {"type": "RequestMirror", "requestMirror": {"backendRef": target} | share}


def _matches(source: Source, rule: Rule) -> list[Match]:
    return rule.get("matches") or [EVERYTHING if source.asked.is_http else {}]


def _copied(rule: Rule) -> Rule:
    """A rule without its name, which must stay unique."""
    return {key: value for key, value in rule.items() if key != "name"}


def _annotations(found: Foreign) -> dict[str, str]:
    """What tunes a route in the way of one gateway, so that ours behaves the same."""
    return {key: value for key, value in found.metadata.annotations.items() if not key.startswith(_NOT_COPIED)}
