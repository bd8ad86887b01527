"""What AWS says of the load balancer behind an Ingress.

Its controller tags each target group with the Service that it stands for (``namespace/ingress-service:port``). A split
is in effect when every rule that forwards to both versions has the decided weights.
"""

from collections.abc import Mapping, Sequence

from serinus.api.routing import AlbRouting
from serinus.api.workload import Foreign
from serinus.plan import Answer, Ask, Balanced, Balancer, Ref
from serinus.traffic.alb_actions import roles
from serinus.traffic.router import Traffic


def asks(items: Sequence[tuple[Ref, Foreign]]) -> list[Ask]:
    """One question for each load balancer of these Ingresses."""
    return [ask for _, item in items for ask in _asks(item)]


def in_effect(
    traffic: Traffic, spec: AlbRouting, items: Sequence[tuple[Ref, Foreign]], answers: Mapping[Ask, Answer]
) -> bool:
    """Whether each Ingress has a load balancer, and all of them forward as was decided."""
    return all(
        (asked := _asks(item)) and all(_forwards(answers.get(ask), _wanted(traffic, spec, ref)) for ask in asked)
        for ref, item in items
    )


def _asks(item: Foreign) -> list[Balancer]:
    entries = ((item.raw.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    hosts = (entry.get("hostname", "") for entry in entries)
    return [Balancer(host, item.metadata.resource_version) for host in hosts if host]


def _wanted(traffic: Traffic, spec: AlbRouting, ref: Ref) -> dict[str, int]:
    canary, stable = roles(traffic.rollout)
    weights = {canary: traffic.weight, stable: traffic.stable_weight}
    weights |= {item.service: item.weight for item in traffic.additional}
    return {f"{ref.namespace}/{ref.name}-{name}:{spec.service_port}": weight for name, weight in weights.items()}


def _forwards(answer: Answer | None, wanted: Mapping[str, int]) -> bool:
    if not isinstance(answer, Balanced):
        return False
    splits = [forward for forward in answer.forwards if len(wanted.keys() & forward.keys()) > 1]
    return bool(splits) and all(forward == wanted for forward in splits)
