"""The weights of VirtualServices, as far as a row shows them."""

from collections.abc import Iterable, Mapping

from serinus.api.scalar import Manifest


def weights_of(services: Iterable[Manifest]) -> dict[str, dict[str, int]]:
    """The weight of each destination by route, as {"myapp-vsvc/primary": {"myapp-stable-svc": 100}}.

    A destination without a weight has 0; the API leaves the number out then.
    """
    return {
        f"{service['metadata']['name']}/{route.get('name', '')}": {
            entry["destination"]["host"]: entry.get("weight", 0) for entry in route.get("route", ())
        }
        for service in services
        for route in service["spec"].get("http", ())
    }


def spoken(weights: Mapping[str, int]) -> str:
    """The destinations with their weights, in the order of the route."""
    return ", ".join(f"{host} {weight}" for host, weight in weights.items()) or "nobody"
