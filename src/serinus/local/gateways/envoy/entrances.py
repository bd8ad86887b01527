"""From entrances to Envoy's listeners.

A change of weights replaces a listener's filter chains alone: connections stay
where they are, and the next one meets the new weights.
"""

from pathlib import Path
from typing import Any

from serinus.local.gateways.envoy.destinations import NOWHERE
from serinus.local.gateways.envoy.listeners import LISTENER, file_log, loopback
from serinus.local.gateways.envoy.model import Entrance, Share, Stream

PROXY = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
INSPECTOR = "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
ATTEMPTS = 50
"""How often a pod is drawn and dialled before a connection is given up; one that is gone may be drawn again."""
LOG_FIELDS = {
    "time": "%START_TIME(%s.%3f)%",
    "flags": "%RESPONSE_FLAGS%",
    "name": "%REQUESTED_SERVER_NAME%",
    "backend": "%UPSTREAM_CLUSTER_RAW%",
    "upstream": "%UPSTREAM_HOST%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "milliseconds": "%DURATION%",
}

Json = dict[str, Any]


def entrance(found: Entrance, port: int, folder: Path) -> Json:
    """Write the listener of an entrance on a port of loopback; port 0 is any free one."""
    return {
        "@type": LISTENER,
        "name": found.door,
        **loopback(port),
        "listener_filters": [_inspector()] if found.protocol == "tls" else [],
        "filter_chains": [_chain(found, stream, folder) for stream in found.streams or (NOBODY,)],
    }


NOBODY = Stream("", ())
"""All connections are closed at once: Envoy wants each listener to say something."""


def _inspector() -> Json:
    return {"name": "envoy.filters.listener.tls_inspector", "typed_config": {"@type": INSPECTOR}}


def _chain(found: Entrance, stream: Stream, folder: Path) -> Json:
    match: Json = {"filter_chain_match": {"server_names": list(stream.names)}} if stream.names else {}
    config = {
        "@type": PROXY,
        "stat_prefix": found.door,
        "weighted_clusters": {"clusters": [_share(share) for share in stream.shares or (Share(NOWHERE),)]},
        "max_connect_attempts": ATTEMPTS,
        "idle_timeout": "0s",
        "access_log": [file_log(folder, {"door": found.door, **LOG_FIELDS})],
    }
    return {**match, "filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": config}]}


def _share(share: Share) -> Json:
    return {"name": share.cluster, "weight": share.weight}
