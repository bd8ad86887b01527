"""Nothing that a user writes can break or change the configuration."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serinus.local.gateways.nginx.binary import nginx_binary
from serinus.local.gateways.nginx.canary import PREFIX
from serinus.local.gateways.nginx.config import Settings, render
from serinus.local.gateways.nginx.ingresses import route
from serinus.local.gateways.objects import EndpointSlice, Found, Ingress, Service

SETTINGS = Settings(generation=1, port=10001, status_port=10002)
SPICE = st.sampled_from(
    [
        "\\",
        '"',
        "'",
        ";",
        "{",
        "}",
        "$",
        "${",
        "#",
        "\n",
        "\r",
        "\0",
        "~",
        "*",
        "%",
        "/",
        " ",
        "\\E",
        "return 200;",
        "é",
        "𐍈",
    ]
)
TEXT = st.lists(SPICE | st.text(max_size=5), max_size=8).map("".join)


def objects(fields: dict[str, str]) -> Found:
    """A main Ingress and a canary that carry foreign text wherever a user can put some."""
    backend = {"service": {"name": fields["service"], "port": {"name": fields["port"]}}}
    rules = [
        {
            "host": fields["host"],
            "http": {
                "paths": [
                    {"path": "/" + fields["path"], "pathType": "Exact", "backend": backend},
                    {
                        "path": "/",
                        "pathType": "Prefix",
                        "backend": {"service": {"name": "web", "port": {"number": 80}}},
                    },
                ]
            },
        }
    ]
    annotations = {PREFIX + name: text for name, text in fields.items() if name.startswith("canary")}
    ingresses = [
        _ingress("main", {}, rules),
        _ingress(
            "second",
            {PREFIX + "canary": "true", **annotations},
            [
                {
                    "host": "",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "two", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ],
        ),
        _ingress(
            "base",
            {},
            [
                {
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            }
                        ]
                    }
                }
            ],
        ),
    ]
    names = ("web", "two", fields["service"])
    ports = [{"name": fields["port"], "port": 80}]
    return Found(
        ingresses=tuple(msgspec.convert(item, Ingress) for item in ingresses),
        services=tuple(
            msgspec.convert({"metadata": {"name": name, "namespace": "default"}, "spec": {"ports": ports}}, Service)
            for name in names
        ),
        slices=tuple(_slice(name) for name in names),
    )


def _ingress(name: str, annotations: dict[str, str], rules: list[Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "annotations": annotations}
    return {"metadata": metadata, "spec": {"ingressClassName": "nginx", "rules": rules}}


def _slice(name: str) -> EndpointSlice:
    metadata = {"name": f"{name}-1", "namespace": "default", "labels": {"kubernetes.io/service-name": name}}
    return msgspec.convert(
        {"metadata": metadata, "ports": [{"name": None, "port": 8080}], "endpoints": [{"addresses": ["192.0.2.1"]}]},
        EndpointSlice,
    )


def nginx_says(text: str) -> str:
    """Let nginx judge a configuration; empty where it takes it."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "temp").mkdir()
        Path(directory, "nginx.conf").write_text(text)
        command = [nginx_binary(), "-p", f"{directory}/", "-c", "nginx.conf", "-e", "error.log", "-q", "-t"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stderr


FIELDS = ["host", "path", "service", "port", "canary-by-header", "canary-by-header-value", "canary-by-cookie"]
PLAIN = {
    "host": "shop.test",
    "path": "",
    "service": "web",
    "port": "http",
    "canary-by-header": "X-Canary",
    "canary-by-header-value": "",
    "canary-by-header-pattern": "",
    "canary-by-cookie": "who",
    "canary-weight": "33",
    "canary-weight-total": "100000",
}


def directives(text: str) -> list[str]:
    """The structure of a configuration: its lines without quoted words and names."""
    return [line.split('"')[0].split()[0] for line in text.splitlines() if line.strip()]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(field=st.sampled_from([*FIELDS, "canary-weight", "canary-weight-total"]), text=TEXT)
def test_any_text_in_any_field_is_taken_by_nginx_or_left_out(field: str, text: str) -> None:
    routing = route(objects(PLAIN | {field: text}))
    assert nginx_says(render(routing, SETTINGS)) == ""
    assert all(remark.text for remark in routing.left_out)


@settings(max_examples=300, deadline=None)
@given(text=TEXT)
def test_text_never_adds_a_directive(text: str) -> None:
    plain = directives(render(route(objects(PLAIN | {"canary-by-header-value": "x", "path": "x"})), SETTINGS))
    routing = route(objects(PLAIN | {"canary-by-header-value": f"x{text}", "path": f"x{text}"}))
    if not routing.left_out:
        assert directives(render(routing, SETTINGS)) == plain


@settings(max_examples=100, deadline=None)
@given(text=TEXT | st.text("()[]{}?*+|^$\\.a1:<>=!P'", max_size=12))
def test_any_pattern_is_taken_or_left_out_or_refused_on_its_own_line(text: str) -> None:
    routing = route(objects(PLAIN | {"canary-by-header-pattern": text}))
    complaint = nginx_says(render(routing, SETTINGS))
    assert complaint == "" or "pcre2_compile() failed" in complaint


@pytest.mark.parametrize("length", [1000, 999])
def test_the_longest_text_that_is_let_in_is_taken(length: int) -> None:
    for field in ("canary-by-header-value", "path"):
        routing = route(objects(PLAIN | {field: "\\" * (length - 1)}))
        assert routing.left_out == ()
        assert nginx_says(render(routing, SETTINGS)) == ""


def test_many_hosts_and_canaries_are_taken() -> None:
    found = objects(PLAIN)
    many = [
        msgspec.structs.replace(
            item,
            metadata=msgspec.structs.replace(item.metadata, name=f"{item.metadata.name}-{number}"),
            spec=msgspec.structs.replace(
                item.spec,
                rules=tuple(
                    msgspec.structs.replace(rule, host=f"{'h' * 63}.{number}.test") for rule in item.spec.rules or ()
                ),
            ),
        )
        for item in found.ingresses
        for number in range(100)
    ]
    routing = route(msgspec.structs.replace(found, ingresses=tuple(many)))
    assert len(routing.servers) == 101
    assert nginx_says(render(routing, SETTINGS)) == ""
