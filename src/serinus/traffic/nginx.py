"""Traffic by a canary Ingress beside the stable one.

The annotations are those of ingress-nginx (https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/
annotations/#canary). The life of the Ingress: made at the first weight, changed with each weight, deleted at the end.
"""

from collections.abc import Collection, Sequence
from typing import Any

from serinus.api import keys
from serinus.api.kinds import INGRESS
from serinus.api.rollout import Rollout
from serinus.api.routing import NginxRouting, TrafficRouting
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.own import own
from serinus.traffic.router import Ability, Found, Traffic, Wanted

_PREFIX = "nginx.ingress.kubernetes.io"
_LONGEST_NAME = 253


class Nginx:
    """Ingresses of ingress-nginx."""

    name = "Nginx"
    supports: frozenset[Ability] = frozenset({"maxTrafficWeight"})

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.nginx`` is set."""
        return routing.nginx is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The stable Ingresses, and the canary ones under both of their names."""
        namespace = rollout.metadata.namespace
        names = [
            name
            for stable in _spec(rollout).ingresses
            for name in (stable, canary_name(rollout, stable), argo_name(rollout, stable))
        ]
        return [Ref(INGRESS, namespace, name) for name in names]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A stable Ingress without our Service, or a canary Ingress of somebody else."""
        namespace = rollout.metadata.namespace
        service = _service(rollout, "stable")
        for stable in _spec(rollout).ingresses:
            ingress = found.get(Ref(INGRESS, namespace, stable))
            if ingress is None:
                return f'ingress "{stable}" not found'
            if not _rules(ingress.raw, service, service):
                return f"ingress `{stable}` has no rules using service {service} backend"
            canary = found.get(Ref(INGRESS, namespace, canary_name(rollout, stable)))
            if canary and not canary.metadata.is_controlled_by(rollout.metadata):
                return f"canary ingress `{canary.metadata.name}` controlled by different object"
        return ""

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """A canary Ingress for each stable one, while there is something to split."""
        if traffic.is_settling:
            return ()
        spec = _spec(traffic.rollout)
        ingresses = [(name, found.get(Ref(INGRESS, traffic.namespace, name))) for name in spec.ingresses]
        wanted = [_canary(traffic, found, ingress) for _, ingress in ingresses if ingress]
        return [item for item in wanted if item]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:  # noqa: ARG002
        """Unknown: ingress-nginx does not report which configuration it serves."""
        return None

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        """Nothing: all that we make is controlled by the Rollout, and goes with it."""
        return None


def canary_name(rollout: Rollout, stable: str) -> str:
    """The name of the canary Ingress: ``{stableIngress}-{canaryService}``."""
    return f"{stable}-{_service(rollout, 'canary')}"[:_LONGEST_NAME]


def argo_name(rollout: Rollout, stable: str) -> str:
    """The name that Argo Rollouts gives it: ``{rollout}-{stableIngress}-canary``."""
    ending = "-canary"
    return f"{rollout.name}-{stable}"[: _LONGEST_NAME - len(ending)] + ending


def _spec(rollout: Rollout) -> NginxRouting:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return (routing.nginx if routing else None) or NginxRouting()


def _service(rollout: Rollout, role: str) -> str:
    canary = rollout.spec.strategy.canary
    if canary is None:
        return ""
    return canary.stable_service if role == "stable" else canary.canary_service


def _canary(traffic: Traffic, found: Found, stable: Foreign) -> Wanted | None:
    ref, existing = _place(traffic, found, stable.metadata.name)
    is_started = traffic.weight > 0 or (existing is not None and not traffic.over)
    if not is_started and traffic.cleanup == "delete":
        return None
    manifest = own(ref, traffic.rollout, _ingress_spec(traffic, stable.raw), _annotations(traffic, stable))
    if existing:
        message = f"Updating Ingress `{ref.name}` to desiredWeight '{traffic.weight}'"
        return Wanted(ref, manifest, "PatchingCanaryIngress", message)
    message = f"Creating canary ingress `{ref.name}` with desiredWeight '{traffic.weight}'"
    return Wanted(ref, manifest, "CreatingCanaryIngress", message)


def _place(traffic: Traffic, found: Found, stable: str) -> tuple[Ref, Foreign | None]:
    """Where the canary Ingress is, or where it should be made.

    One that Argo Rollouts made for this Rollout is taken over under its name: a second one beside it would claim the
    same hosts.
    """
    ours = canary_name(traffic.rollout, stable)
    theirs = argo_name(traffic.rollout, stable)
    for name in (theirs, ours):
        ref = Ref(INGRESS, traffic.namespace, name)
        existing = found.get(ref)
        if existing and existing.metadata.is_controlled_by(traffic.rollout.metadata):
            return ref, existing
    return Ref(INGRESS, traffic.namespace, theirs if traffic.cleanup == "zero" else ours), None


def _annotations(traffic: Traffic, stable: Foreign) -> dict[str, str]:
    spec = _spec(traffic.rollout)
    prefix = spec.annotation_prefix or _PREFIX
    class_name = stable.metadata.annotations.get(keys.INGRESS_CLASS)
    annotations = {keys.INGRESS_CLASS: class_name} if class_name else {}
    for key, value in spec.additional_ingress_annotations.items():
        annotations[key if key.startswith(prefix) else f"{prefix}/{key}"] = value
    annotations |= spec.canary_ingress_annotations
    annotations |= {f"{prefix}/canary": "true", f"{prefix}/canary-weight": str(traffic.weight)}
    if traffic.max_weight != 100:
        annotations[f"{prefix}/canary-weight-total"] = str(traffic.max_weight)
    return annotations


def _ingress_spec(traffic: Traffic, stable: Manifest) -> Manifest:
    spec: Manifest = {"rules": _rules(stable, traffic.stable_service, traffic.canary_service)}
    for name in ("ingressClassName", "tls"):
        if name in stable.get("spec", {}):
            spec[name] = stable["spec"][name]
    return spec


def _rules(ingress: Manifest, service: str, replacement: str) -> list[dict[str, Any]]:
    """The rules that lead to a Service, leading to another one instead.

    A rule without paths, or with a backend that is no Service, leads to none.
    """
    rules = []
    for rule in ingress.get("spec", {}).get("rules") or []:
        paths = [
            path | {"backend": {"service": path["backend"]["service"] | {"name": replacement}}}
            for path in (rule.get("http") or {}).get("paths") or []
            if (path.get("backend", {}).get("service") or {}).get("name") == service
        ]
        if paths:
            rules.append(rule | {"http": rule["http"] | {"paths": paths}})
    return rules
