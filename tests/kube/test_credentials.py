"""Credentials stay fresh: token files, plugins, OpenID Connect; and TLS is verified."""

from __future__ import annotations

import asyncio
import base64
import json
import stat
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from serinus.kube import Client, ConfigError, Connection, Unauthorized
from serinus.kube.credentials import TokenFile
from serinus.kube.execplugin import ExecPlugin
from serinus.kube.kubeconfig import EnvVar, Exec
from serinus.kube.oidc import OpenID

V1 = "client.authentication.k8s.io/v1"


async def shown(source):
    return (await source.current()).headers["Authorization"]


def only(*tokens):
    """Answer 401 to every token but these."""

    async def handler(request):
        if request.headers.get("Authorization") in {f"Bearer {token}" for token in tokens}:
            return web.json_response({"ok": True})
        return web.json_response({"kind": "Status", "code": 401, "reason": "Unauthorized", "message": "no"}, status=401)

    return handler


# token files


async def test_a_rotated_token_is_read_after_a_401(api, tmp_path):
    (tmp_path / "token").write_text("old")
    async with Client(Connection(api.url, credentials=TokenFile(tmp_path / "token"))) as client:
        api.faults.append(only("old"))
        await client.create("/x", {})
        (tmp_path / "token").write_text("new\n")
        api.faults.extend([only("new")] * 2)
        assert await client.create("/x", {}) == {"ok": True}


async def test_a_token_that_stays_wrong_is_refused_once_renewed(api, tmp_path):
    (tmp_path / "token").write_text("old")
    api.faults.append(only("new"))
    async with Client(Connection(api.url, credentials=TokenFile(tmp_path / "token"))) as client:
        with pytest.raises(Unauthorized, match="log in again"):
            await client.get("/x")
    assert len(api.seen) == 1


async def test_a_token_file_is_read_again_after_its_period(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("old")
    source = TokenFile(tmp_path / "token")
    assert await shown(source) == "Bearer old"
    (tmp_path / "token").write_text("new")
    assert await shown(source) == "Bearer old"
    monkeypatch.setattr(TokenFile, "PERIOD", -1.0)
    assert await shown(source) == "Bearer new"
    (tmp_path / "token").unlink()
    assert await shown(source) == "Bearer new"


@pytest.mark.parametrize(("text", "message"), [(None, "cannot read the token file"), ("\n", "is empty")])
async def test_a_token_file_without_a_token_is_an_error(tmp_path, text, message):
    if text is not None:
        (tmp_path / "token").write_text(text)
    with pytest.raises(ConfigError, match=message):
        await TokenFile(tmp_path / "token").current()


# plugins


def program(folder: Path, body: str, name: str = "plugin") -> str:
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def credential(**status) -> str:
    return f"print(json.dumps({{'apiVersion': '{V1}', 'kind': 'ExecCredential', 'status': {status!r}}}))"


async def test_a_plugin_runs_once_until_its_credential_expires(tmp_path):
    count = f"n = len(os.listdir({str(tmp_path)!r})); open({str(tmp_path)!r} + '/run' + str(n), 'w').close()\n"
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    plugin = ExecPlugin(Exec(program(tmp_path, count + credential(token="t", expirationTimestamp=later))), "")
    await asyncio.gather(*(plugin.current() for _ in range(3)))
    assert len(list(tmp_path.glob("run*"))) == 1
    plugin._expires = datetime.now(UTC)
    await plugin.current()
    assert len(list(tmp_path.glob("run*"))) == 2
    assert await plugin.renew()
    assert await shown(plugin) == "Bearer t"
    assert len(list(tmp_path.glob("run*"))) == 3


async def test_a_plugin_is_told_its_environment_arguments_and_cluster(tmp_path):
    body = "told = [os.environ['A'], sys.argv[1], json.loads(os.environ['KUBERNETES_EXEC_INFO'])]\n"
    body += "import base64; token = base64.b64encode(json.dumps(told).encode()).decode()\n"
    body += credential(token="X").replace("'X'", "token")
    exec_ = Exec(program(tmp_path, body), V1, ["arg"], [EnvVar("A", "b")], provide_cluster_info=True)
    exec_.interactive_mode = "Never"
    told = json.loads(base64.b64decode((await shown(ExecPlugin(exec_, "", {"server": "https://x"}))).split()[1]))
    assert told[:2] == ["b", "arg"]
    assert told[2]["spec"] == {"interactive": False, "cluster": {"server": "https://x"}}


async def test_a_relative_plugin_is_relative_to_its_kubeconfig(tmp_path):
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", credential(token="t"))
    assert await shown(ExecPlugin(Exec("./bin/plugin"), str(tmp_path))) == "Bearer t"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.stderr.write('first\\nno such profile\\n'); sys.exit(3)", "ended with 3: no such profile; install it so"),
        ("print('hello')", "printed no valid ExecCredential"),
        ("print('{}')", "printed no ExecCredential with a status"),
        (credential(), "printed neither a token nor a client certificate"),
    ],
)
async def test_a_plugin_that_fails_says_how_in_one_line(tmp_path, monkeypatch, body, message):
    monkeypatch.setattr("sys.stdin", None)
    plugin = ExecPlugin(Exec(program(tmp_path, body), install_hint="install it\n so"), "")
    with pytest.raises(ConfigError, match=message) as caught:
        await plugin.current()
    assert "\n" not in str(caught.value)


async def test_a_plugin_that_is_not_there_shows_its_install_hint():
    plugin = ExecPlugin(Exec("no-such-plugin", install_hint="see example.dev"), "")
    with pytest.raises(ConfigError, match=r"no-such-plugin cannot be run: No such file .*; see example.dev"):
        await plugin.current()


async def test_a_plugin_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("serinus.kube.execplugin.QUIET_LIMIT", 0.2)
    exec_ = Exec(program(tmp_path, "time.sleep(60)"), interactive_mode="Never")
    with pytest.raises(ConfigError, match="did not end within"):
        await ExecPlugin(exec_, "").current()


async def test_a_plugin_that_needs_a_person_says_so_without_one(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ConfigError, match="needs a terminal"):
        await ExecPlugin(Exec("x", interactive_mode="Always"), "").current()


def test_an_unknown_plugin_version_is_refused():
    with pytest.raises(ConfigError, match="unknown apiVersion 'x/v9'"):
        ExecPlugin(Exec("x", "x/v9"), "")


# OpenID Connect


def jwt(expires: float) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=")
    return f"h.{payload}.s"


def provider(api, **answer):
    asked = []

    async def discover(request):
        return web.json_response({"token_endpoint": api.url + "/token"})

    async def give(request):
        asked.append((dict(await request.post()), request.headers["Authorization"]))
        return web.json_response(answer)

    api.faults.extend([discover, give])
    return asked


def oidc(api, token, **more):
    return OpenID({"idp-issuer-url": api.url, "client-id": "c", "refresh-token": "r1", "id-token": token, **more}, "")


async def test_a_valid_id_token_is_shown_as_it_is(api):
    token = jwt(time.time() + 3600)
    assert await shown(oidc(api, token)) == f"Bearer {token}"
    assert api.seen == []


async def test_an_expired_id_token_is_refreshed(api):
    asked = provider(api, id_token="new", refresh_token="r2")
    source = oidc(api, jwt(time.time() - 1), **{"client-secret": "s"})
    assert await shown(source) == "Bearer new"
    form, login = asked[0]
    assert form == {"grant_type": "refresh_token", "refresh_token": "r1"}
    assert base64.b64decode(login.split()[1]) == b"c:s"
    assert await source.renew()
    asked = provider(api, id_token="newer")
    assert await shown(source) == "Bearer newer"
    assert asked[0][0]["refresh_token"] == "r2"


async def test_a_token_that_cannot_be_refreshed_says_what_to_do(api):
    source = OpenID({"id-token": jwt(0), "idp-issuer-url": api.url}, "")
    with pytest.raises(ConfigError, match=r"cannot be refreshed without client-id, refresh-token; log in"):
        await source.current()
    assert not await source.renew()
    with pytest.raises(ConfigError, match="gave no new OIDC token"):
        await oidc(api, jwt(0)).current()  # the provider answers 404
    provider(api, access_token="x")
    with pytest.raises(ConfigError, match="without an id_token"):
        await oidc(api, jwt(0)).current()
