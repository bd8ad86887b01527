"""Envoy's entrances, and what it is started with."""

from pathlib import Path
from typing import Any

LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"
MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
FILE_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"

HOST = "127.0.0.1"
ADMIN = "admin.sock"
LOG_FIELDS = {
    "time": "%START_TIME(%s.%3f)%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "protocol": "%PROTOCOL%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "uri": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "backend": "%UPSTREAM_CLUSTER_RAW%",
    "upstream": "%UPSTREAM_HOST%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "milliseconds": "%DURATION%",
    "id": "%REQ(X-REQUEST-ID)%",
}

Json = dict[str, Any]


def bootstrap(folder: Path) -> Json:
    """Write what Envoy is started with: where everything else stands."""
    return {
        "node": {"id": "serinus", "cluster": "serinus"},
        "admin": {"address": {"pipe": {"path": ADMIN, "mode": 0o600}}},
        "dynamic_resources": {
            "cds_config": source(folder / "clusters.json"),
            "lds_config": source(folder / "listeners.json"),
        },
        "layered_runtime": {"layers": [{"name": "static", "static_layer": RUNTIME}]},
    }


def listener(name: str, port: int, folder: Path, *, log: bool = True) -> Json:
    """Write an entrance on a port of loopback; port 0 is any free one."""
    return {
        "@type": LISTENER,
        "name": name,
        **loopback(port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": _manager(name, folder, log=log)}]}],
    }


def loopback(port: int) -> Json:
    """Write where a listener listens."""
    return {
        "address": {"socket_address": {"address": HOST, "port_value": port}},
        "enable_reuse_port": False,  # a port that somebody else has must be an error
    }


def trial(configuration: Json) -> Json:
    """Write what an Envoy is started with that shall only judge a route configuration."""
    manager = {
        "@type": MANAGER,
        "stat_prefix": "trial",
        "route_config": {**{key: configuration[key] for key in ("name", "virtual_hosts")}, "validate_clusters": False},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}],
    }
    entrance = {
        "name": "trial",
        "address": {"socket_address": {"address": HOST, "port_value": 0}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    return {"static_resources": {"listeners": [entrance]}}


def _manager(name: str, folder: Path, *, log: bool) -> Json:
    return {
        "@type": MANAGER,
        "stat_prefix": name,
        "rds": {"route_config_name": name, "config_source": source(folder / file_of(name))},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}],
        "access_log": [file_log(folder, {"door": name, **LOG_FIELDS})] if log else [],
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "use_remote_address": True,
        "normalize_path": True,
        "stream_idle_timeout": "0s",
    }


def file_log(folder: Path, fields: Json) -> Json:
    """Write that each request, or connection, gets a line of JSON in the access log."""
    config = {"@type": FILE_LOG, "path": str(folder / "access.log"), "log_format": {"json_format": fields}}
    return {"name": "envoy.access_loggers.file", "typed_config": config}


def file_of(door: str) -> str:
    """The file that holds the routes of a door."""
    return f"routes-{door}.json"


def source(file: Path) -> Json:
    """Say that Envoy shall read a file, and again whenever it is replaced."""
    return {"path_config_source": {"path": str(file)}, "resource_api_version": "V3"}


RUNTIME: Json = {"re2.max_program_size.error_level": 1000}
