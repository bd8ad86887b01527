"""Which cluster the user means, and what a user is told when that is not clear."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
import yaml

from serinus.kube import ConfigError, ConnectionOptions, load_connection
from serinus.kube import config as config_module
from serinus.kube.credentials import Fixed, TokenFile

CONTEXT = "{current-context: x, "
USING_U = "{name: x, context: {cluster: c, user: u}}"
USING_NONE = "{name: x, context: {cluster: c}}"


def entry(kind, name, **fields):
    return {"name": name, kind: fields}


def write(path: Path, **parts) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **parts}))
    return str(path)


@pytest.fixture
def two(tmp_path):
    """A kubeconfig with two contexts."""
    return write(
        tmp_path / "config",
        clusters=[entry("cluster", "c1", server="http://one:1/"), entry("cluster", "c2", server="http://two:2")],
        users=[entry("user", "u1", token="t1"), {"name": "u2", "user": None}],
        contexts=[
            entry("context", "x1", cluster="c1", user="u1", namespace="n1"),
            entry("context", "x2", cluster="c2", user="u2"),
        ],
        **{"current-context": "x1"},
    )


async def token(connection):
    return (await connection.credentials.current()).headers.get("Authorization")


async def test_the_current_context_counts(two):
    connection = load_connection(ConnectionOptions(kubeconfig=two))
    assert (connection.server, connection.namespace, connection.context) == ("http://one:1", "n1", "x1")
    assert await token(connection) == "Bearer t1"


@pytest.mark.parametrize(
    ("options", "server", "namespace", "authorization"),
    [
        ({"context": "x2"}, "http://two:2", "default", None),
        ({"cluster": "c2"}, "http://two:2", "n1", "Bearer t1"),
        ({"user": "u2"}, "http://one:1", "n1", None),
        ({"namespace": "n9"}, "http://one:1", "n9", "Bearer t1"),
        ({"server": "http://three:3"}, "http://three:3", "n1", "Bearer t1"),
        ({"token": "t9"}, "http://one:1", "n1", "Bearer t9"),
        ({"username": "eva", "password": "p"}, "http://one:1", "n1", "Basic ZXZhOnA="),
    ],
)
async def test_flags_come_before_the_kubeconfig(two, options, server, namespace, authorization):
    connection = load_connection(ConnectionOptions(kubeconfig=two, **options))
    assert (connection.server, connection.namespace, await token(connection)) == (server, namespace, authorization)


def test_of_several_files_the_first_that_says_something_wins(tmp_path, monkeypatch):
    one = write(tmp_path / "a" / "one", clusters=[entry("cluster", "c", server="http://one")], contexts=None)
    two = write(
        tmp_path / "b" / "two",
        clusters=[entry("cluster", "c", server="http://two"), entry("cluster", "d", server="http://dee")],
        contexts=[entry("context", "x", cluster="c"), entry("context", "y", cluster="d")],
        **{"current-context": "x"},
    )
    missing = str(tmp_path / "missing")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([missing, one, "", two]))
    assert load_connection().server == "http://one"
    assert load_connection(ConnectionOptions(context="y")).server == "http://dee"


def test_the_default_file_is_in_the_home_folder(tmp_path):
    write(
        tmp_path / ".kube" / "config",
        clusters=[entry("cluster", "c", server="http://home")],
        contexts=[entry("context", "x", cluster="c")],
        **{"current-context": "x"},
    )
    assert load_connection().server == "http://home"


def test_relative_paths_are_relative_to_their_own_file(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "ca.pem").write_text("no certificate")
    path = write(
        tmp_path / "deep" / "config",
        clusters=[entry("cluster", "c", server="https://one", **{"certificate-authority": "ca.pem"})],
        contexts=[entry("context", "x", cluster="c")],
        **{"current-context": "x"},
    )
    with pytest.raises(ConfigError, match="certificate authority of the cluster is no valid PEM"):
        load_connection(ConnectionOptions(kubeconfig=path))
    (tmp_path / "deep" / "ca.pem").unlink()
    with pytest.raises(ConfigError, match=r"cannot read certificate-authority .*/deep/ca.pem: No such file"):
        load_connection(ConnectionOptions(kubeconfig=path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"config, line \d is no valid YAML: "),
        ("clusters: 3", r"is no valid kubeconfig: Expected `array \| null`, got `int` - at `\$.clusters`"),
        ("- x", "is no valid kubeconfig: Expected `object`"),
        ("users: [{name: u, user: {token: 5}}]", r"`str \| null`, got `int` - at `\$.users\[0\].user.token`"),
        ("", "no cluster is configured"),
        (
            "contexts: [{name: x, context: {cluster: c}}]",
            "no current context is set in .*; choose one with --context: x",
        ),
        ("current-context: x", "no context 'x' in .*config; there are: none"),
        ("{current-context: x, contexts: [{name: x, context: {cluster: c}}]}", "no cluster 'c' in .*config"),
        (
            CONTEXT + "clusters: [{name: c, cluster: {server: 'http://x'}}], contexts: [" + USING_U + "]}",
            "no user 'u' in .*config; there are: none",
        ),
        (
            "{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c}]}",
            "the cluster 'c' in .*config names no server",
        ),
        (
            CONTEXT + "clusters: [{name: c, cluster: {server: 'x:1'}}], contexts: [" + USING_NONE + "]}",
            "the server 'x:1' has no scheme; write https://x:1",
        ),
    ],
)
def test_a_broken_kubeconfig_is_one_clear_line(tmp_path, text, message):
    (tmp_path / "config").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_connection(ConnectionOptions(kubeconfig=str(tmp_path / "config")))
    assert "\n" not in str(caught.value)


def test_an_unknown_context_names_the_known_ones(two):
    with pytest.raises(ConfigError, match=r"no context 'x9' in .*; there are: x1, x2"):
        load_connection(ConnectionOptions(kubeconfig=two, context="x9"))


def test_a_missing_kubeconfig_says_which(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"there is no kubeconfig /nowhere/config; check --kubeconfig"):
        load_connection(ConnectionOptions(kubeconfig="/nowhere/config"))
    monkeypatch.setenv("KUBECONFIG", "/nowhere/config")
    with pytest.raises(ConfigError, match=r"\$KUBECONFIG names no file that exists"):
        load_connection()
    monkeypatch.delenv("KUBECONFIG")
    with pytest.raises(ConfigError, match="no cluster is configured: pass --kubeconfig, set KUBECONFIG"):
        load_connection()


def test_a_folder_is_no_kubeconfig(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read the kubeconfig .*: Is a directory"):
        load_connection(ConnectionOptions(kubeconfig=str(tmp_path)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"as_group": ("g",)}, "need --as"),
        ({"client_certificate": "/nowhere"}, "cannot read client-certificate /nowhere"),
        ({"certificate_authority": "/nowhere"}, "cannot read certificate-authority /nowhere"),
        ({"certificate_authority": "/x", "insecure_skip_tls_verify": True}, "exclude each other"),
    ],
)
def test_flags_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        load_connection(ConnectionOptions(server="https://x", **options))


async def test_a_certificate_without_its_key_is_refused(tmp_path):
    (tmp_path / "cert").write_text("x")
    with pytest.raises(ConfigError, match="needs both client-certificate and client-key"):
        load_connection(ConnectionOptions(server="https://x", client_certificate=str(tmp_path / "cert")))


def test_a_gone_auth_provider_names_the_way_out(tmp_path):
    path = write(
        tmp_path / "config",
        clusters=[entry("cluster", "c", server="http://one")],
        users=[entry("user", "u", **{"auth-provider": {"name": "gcp"}})],
        contexts=[entry("context", "x", cluster="c", user="u")],
        **{"current-context": "x"},
    )
    with pytest.raises(ConfigError, match=r"auth-provider 'gcp' is gone .* exec plugin"):
        load_connection(ConnectionOptions(kubeconfig=path))


def test_a_kubeconfig_may_impersonate_too(tmp_path):
    path = write(
        tmp_path / "config",
        clusters=[entry("cluster", "c", server="http://one")],
        users=[
            entry(
                "user", "u", **{"as": "eva", "as-groups": ["ops"], "as-uid": "7", "as-user-extra": {"a/b": ["x", "y"]}}
            )
        ],
        contexts=[entry("context", "x", cluster="c", user="u")],
        **{"current-context": "x"},
    )
    assert load_connection(ConnectionOptions(kubeconfig=path)).headers == (
        ("Impersonate-User", "eva"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Extra-a%2Fb", "x"),
        ("Impersonate-Extra-a%2Fb", "y"),
    )


def test_no_secret_is_ever_printed(tmp_path):
    secret = base64.b64encode(b"hidden-thing").decode()
    options = ConnectionOptions(
        server="http://x",
        token="hidden-thing",
        password="hidden-thing",
        username="eva",
        proxy_url="http://u:hidden-thing@p",
    )
    connection = load_connection(options)
    path = write(
        tmp_path / "config",
        users=[
            entry("user", "u", token="hidden-thing", password="hidden-thing", **{"client-key-data": secret}),
            entry("user", "v", exec={"command": "x", "env": [{"name": "PASSWORD", "value": "hidden-thing"}]}),
        ],
    )
    kubeconfig = config_module.read_kubeconfig(path)
    credential = config_module.bearer("hidden-thing")
    printed = repr(
        [
            kubeconfig.user("v").exec,
            options,
            connection,
            connection.credentials,
            kubeconfig,
            kubeconfig.users,
            credential,
        ]
    )
    assert "hidden-thing" not in printed
    assert secret not in printed


async def test_in_a_pod_the_service_account_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    (tmp_path / "token").write_text("t1\n")
    (tmp_path / "namespace").write_text("serinus\n")
    with pytest.raises(ConfigError, match=r"cannot read certificate-authority .*/ca.crt"):
        load_connection()
    monkeypatch.setattr(config_module, "_trust", lambda *_: config_module.Trust())
    connection = load_connection()
    assert (connection.server, connection.namespace) == ("https://[fd00::1]:6443", "serinus")
    assert isinstance(connection.credentials, TokenFile)
    assert await token(connection) == "Bearer t1"
    assert load_connection(ConnectionOptions(namespace="other")).namespace == "other"


async def test_in_a_pod_a_kubeconfig_still_comes_first(two, tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    (tmp_path / "token").write_text("t1")
    connection = load_connection(ConnectionOptions(kubeconfig=two))
    assert connection.server == "http://one:1"
    assert isinstance(connection.credentials, Fixed)
