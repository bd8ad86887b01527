"""A real Envoy in the place of a mesh and of a Gateway API implementation.

The law of this room: watch, read, route, write, prove, in that line. `istio` and
`gatewayapi` (objects to routes), `destinations` (hosts to clusters) and `xds`
(routes to Envoy's JSON) are pure. A change is in effect only when Envoy's own
worker says so, and only then a route's status tells it. What Envoy refuses is
left out alone.

One Envoy stands for all sidecars and for the ingress gateway. Its door `outside`
is for clients that are no pods; each namespace with pods that opted in has a
door of its own, so that short names mean what they mean there.
"""

from serinus.local.gateways.envoy.gateway import EnvoyGateway

__all__ = ["EnvoyGateway"]
