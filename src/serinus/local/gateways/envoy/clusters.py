"""From clusters to Envoy's clusters.

Endpoints stand in the cluster itself: a file of its own for each would cost an
inotify instance each, of which a user usually has 128. Envoy replaces a changed
cluster at once, and lets the requests to its predecessor end.
"""

from typing import Any

from serinus.local.gateways.envoy.model import Cluster

TYPE = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
UNLIMITED = 4294967295

Json = dict[str, Any]


def cluster(found: Cluster) -> Json:
    """Write one cluster; without addresses it answers 503."""
    return {
        "@type": TYPE,
        "name": found.name,
        "type": "STATIC",
        "connect_timeout": "10s",
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {
            "cluster_name": found.name,
            "endpoints": [{"lb_endpoints": [_endpoint(address) for address in found.addresses]}],
        },
        "circuit_breakers": {"thresholds": [LIMITS]},
        "typed_extension_protocol_options": {
            OPTIONS: {"@type": f"type.googleapis.com/{OPTIONS}", **(HTTP2 if found.http2 else HTTP1)}
        },
    }


def _endpoint(address: str) -> Json:
    host, _, port = address.rpartition(":")
    return {"endpoint": {"address": {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}}}


LIMITS: Json = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests", "max_retries"), UNLIMITED)

HTTP1: Json = {
    # an idle connection may close just as a POST takes it, which is not retried
    "common_http_protocol_options": {"max_requests_per_connection": 1},
    "explicit_http_config": {"http_protocol_options": {}},
}
HTTP2: Json = {"explicit_http_config": {"http2_protocol_options": {}}}
