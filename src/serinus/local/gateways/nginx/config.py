"""From routes to the text of nginx.conf.

Foreign text enters in three places only: paths and hosts, names of headers and
cookies, and the values that they are compared with. Each is validated before and
quoted here. A line `# from namespace/name` stands above whatever an Ingress
brought in, so that an error of nginx can be told to its owner.
"""

from collections.abc import Iterator

from msgspec import Struct

from serinus.local.gateways.nginx.choice import Choice, choices
from serinus.local.gateways.nginx.text import literal, quoted
from serinus.local.gateways.nginx.upstreams import name_of, upstreams
from serinus.local.gateways.routing import Location, Routing, Server


class Settings(Struct, frozen=True):
    """What a configuration holds besides routes."""

    generation: int
    """Number of this configuration; the status port answers with it."""
    port: int
    status_port: int
    user: str = ""
    """User and group that the worker runs as; empty where nginx is not started by root."""


def render(routing: Routing, settings: Settings) -> str:
    """Write the whole configuration."""
    return "\n".join(_lines(routing, settings)) + "\n"


def _lines(routing: Routing, settings: Settings) -> Iterator[str]:
    found = choices(routing)
    yield from _process(settings)
    yield "http {"
    yield HTTP
    yield from upstreams(routing)
    for choice in found.values():
        yield from choice.lines
    yield STATUS.format(port=settings.status_port, generation=settings.generation)
    for server in routing.servers:
        yield from _server(server, settings.port, found)
    yield "}"


def _process(settings: Settings) -> Iterator[str]:
    yield PROCESS
    if settings.user:
        yield f"user {settings.user};"


def _server(server: Server, port: int, found: dict[Location, Choice]) -> Iterator[str]:
    yield "server {"
    yield f"    listen 127.0.0.1:{port}{'' if server.host else ' default_server'};"
    yield f"    server_name {_server_name(server.host)};"
    yield '    set $target "";'
    taken = {location.path for location in server.locations if location.exact}
    for location in server.locations:
        yield from _location(location, taken, found)
    yield "}"


def _server_name(host: str) -> str:
    """A wildcard stands for one label, as Kubernetes says; nginx's own stands for many."""
    if host.startswith("*."):
        return quoted(rf"~^[^.]+\.{literal(host[2:])}\z")
    return quoted(host or "_")


def _location(location: Location, taken: set[str], found: dict[Location, Choice]) -> Iterator[str]:
    """Write a location: a prefix below the root is two, the path itself and all below it."""
    body = _answer(location, found)
    if location.owner:
        yield f"    # from {location.owner}"
    if location.exact or (location.path and location.path not in taken):
        yield f"    location = {quoted(location.path)} {{ {body} }}"
    if not location.exact:
        yield f"    location {quoted(location.path + '/')} {{ {body} }}"


def _answer(location: Location, found: dict[Location, Choice]) -> str:
    if location.backend is None:
        return "return 404;"
    if not location.backend.addresses:
        return f"set $target {name_of(location.backend)}; return 503;"
    choice = found.get(location)
    target = choice.outcome if choice else name_of(location.backend)
    return f"set $target {target}; proxy_pass http://$target;"


PROCESS = """\
daemon off;
master_process on;
worker_processes 1;  # the end of one connection then tells that the old worker has let go
worker_rlimit_nofile 8192;
worker_shutdown_timeout 75s;  # longer than any read or send may take
pid nginx.pid;
error_log error.log warn;
events { worker_connections 4096; }"""

HTTP = """\
    default_type text/plain;
    server_tokens off;
    client_body_temp_path temp/body;
    proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi;
    scgi_temp_path temp/scgi;
    server_names_hash_bucket_size 512;
    server_names_hash_max_size 65536;
    map_hash_bucket_size 1024;
    map_hash_max_size 65536;
    variables_hash_max_size 16384;
    variables_hash_bucket_size 256;

    map $status $known_status { default 0; "~^[1-9]" $status; }
    log_format requests escape=json
        '{"time":$msec,"status":$known_status,"method":"$request_method","host":"$host","uri":"$request_uri",'
        '"backend":"$backend","upstream":"$upstream_addr","upstream_seconds":"$upstream_response_time",'
        '"seconds":$request_time,"id":"$request_tag"}';
    access_log access.log requests;

    map $http_x_request_id $request_tag { default $http_x_request_id; "" $request_id; }
    map $http_upgrade $hop { default upgrade; "" close; }
    client_max_body_size 1m;
    keepalive_timeout 75s;
    proxy_http_version 1.1;
    proxy_connect_timeout 5s;
    proxy_read_timeout 60s;
    proxy_send_timeout 60s;
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries 3;
    proxy_buffering off;
    proxy_redirect off;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $hop;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Proxy "";
    proxy_set_header X-Request-ID $request_tag;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Scheme $scheme;
    proxy_set_header X-Scheme $scheme;
    proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;"""

STATUS = """\
server {{
    listen 127.0.0.1:{port};
    access_log off;
    keepalive_timeout 1d;
    keepalive_requests 1000000;
    location / {{ return 200 "{generation}"; }}
}}"""
