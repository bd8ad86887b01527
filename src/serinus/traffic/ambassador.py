"""Traffic by a canary Mapping beside each stable one.

A Mapping with a weight takes that share of what a Mapping without one matches. The canary Mapping is made at the first
weight, changed with each weight, and deleted at the end.
"""

from collections.abc import Collection, Iterator, Sequence

from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.found import invalid, is_set, missing
from serinus.traffic.own import own, spec_like
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted

_ENDING = "-canary"
_LONGEST_NAME = 253


class Ambassador:
    """Mappings of Ambassador (Emissary)."""

    name = "Ambassador"
    supports: frozenset[Ability] = frozenset()

    def __init__(self, api_version: str = "getambassador.io/v2") -> None:
        self.kind = Kind(api_version, "Mapping", "mappings")

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.ambassador`` is set."""
        return routing.ambassador is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The Mappings, and the canary ones beside them."""
        return [ref for name in _mappings(rollout) for ref in self._refs(rollout, name)]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A Mapping that is missing or has a weight, or a canary Mapping of somebody else."""
        return next(self._troubles(rollout, found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """A canary Mapping for each stable one, while there is something to split."""
        if traffic.is_settling:
            return ()
        wanted = []
        for name in _mappings(traffic.rollout):
            stable, canary = self._refs(traffic.rollout, name)
            base, present = found.get(stable), found.get(canary)
            # One that Argo Rollouts has left is nobody's: it becomes ours first, and is then deleted as ours.
            is_left = present is not None and not present.metadata.is_controlled_by(traffic.rollout.metadata)
            is_needed = traffic.weight > 0 or is_left or (present is not None and not traffic.over)
            if base is not None and is_needed:
                wanted.append(_canary(traffic, canary, base, present))
        return wanted

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """No before the Mappings say it; then unknown, as their status does not speak of a generation."""
        return None if is_set(self.route(traffic, found), found) else False

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        """Nothing: canary Mappings are controlled by the Rollout, and go with it."""
        return None

    def _troubles(self, rollout: Rollout, found: Found) -> Iterator[Trouble]:
        names = _mappings(rollout)
        if not names:
            yield Trouble(".mappings: Required value: name at least one Mapping")
        for index, name in enumerate(names):
            stable, canary = self._refs(rollout, name)
            field, base, present = f".mappings[{index}]", found.get(stable), found.get(canary)
            if base is None:
                yield missing(field, self.kind, name, "AmbassadorMappingNotFound")
            elif (base.raw.get("spec") or {}).get("weight"):
                detail = f'Ambassador mapping "{name}" can not define weight'
                yield invalid(field, name, detail, "AmbassadorMappingConfigError")
            if present and present.metadata.controller and not present.metadata.is_controlled_by(rollout.metadata):
                yield invalid(field, name, f"Mapping `{canary.name}` controlled by different object")

    def _refs(self, rollout: Rollout, name: str) -> tuple[Ref, Ref]:
        namespace = rollout.metadata.namespace
        beside = name[: _LONGEST_NAME - len(_ENDING)] + _ENDING
        return Ref(self.kind, namespace, name), Ref(self.kind, namespace, beside)


def _canary(traffic: Traffic, ref: Ref, base: Foreign, present: Foreign | None) -> Wanted:
    spec = spec_like(base, present)
    changed = {"service": _service(str(spec.get("service", "")), traffic), "weight": traffic.weight}
    manifest = own(ref, traffic.rollout, spec | changed)
    message = f"Set canary mapping weight to {traffic.weight}"
    return Wanted(ref, manifest, "CanaryMappingWeightUpdate", message)


def _service(stable: str, traffic: Traffic) -> str:
    """The address of the canary: scheme, namespace and port are those of the stable one."""
    if traffic.stable_service in stable:
        return stable.replace(traffic.stable_service, traffic.canary_service, 1)
    port = stable.rpartition(":")[2]
    return f"{traffic.canary_service}:{port}" if port.isdecimal() and ":" in stable else traffic.canary_service


def _mappings(rollout: Rollout) -> tuple[str, ...]:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return routing.ambassador.mappings if routing and routing.ambassador else ()
