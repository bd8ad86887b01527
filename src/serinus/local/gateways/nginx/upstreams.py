"""Backends as nginx's upstreams."""

from collections.abc import Iterator

from serinus.local.gateways.routing import Backend, Routing


def name_of(backend: Backend) -> str:
    """Name the upstream of a backend; names in Kubernetes have no underscore."""
    return f"{backend.namespace}_{backend.service}_{backend.port}"


def upstreams(routing: Routing) -> Iterator[str]:
    """Write the addresses of every backend that has some, and names for the log."""
    backends = {name_of(backend): backend for backend in _backends(routing)}
    for name, backend in sorted(backends.items()):
        if backend.addresses:
            yield from _upstream(name, backend.addresses)
    yield "map $target $backend {"
    yield '    default "";'
    yield from (f"    {name} {backend};" for name, backend in sorted(backends.items()))
    yield "}"


def _upstream(name: str, addresses: tuple[str, ...]) -> Iterator[str]:
    yield f"upstream {name} {{"
    yield from (f"    server {address} max_fails=0;" for address in addresses)
    yield "    keepalive 0;"  # an idle connection may close just as a POST takes it, which is not retried
    yield "}"


def _backends(routing: Routing) -> Iterator[Backend]:
    for server in routing.servers:
        for location in server.locations:
            if location.backend:
                yield location.backend
            if location.split:
                yield location.split.backend
