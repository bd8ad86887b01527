"""A real nginx in the place of ingress-nginx.

The law of this room: watch, read, route, write, reload, in that line. `canary`,
`reading`, `ingresses` (objects to routes) and `choice`, `upstreams`, `config`
(routes to text) are pure. A configuration is judged by nginx itself before the
running one is replaced, and an Ingress that nginx does not take is left out
alone. A change is in effect only when no request meets the old routes any more.
"""

from serinus.local.gateways.nginx.gateway import NginxGateway

__all__ = ["NginxGateway"]
