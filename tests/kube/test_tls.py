"""TLS is verified, unless the user says otherwise; and we can show a certificate."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import json
import ssl
import stat
import sys
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from serinus.kube import Client, ConnectionOptions, Unreachable, load_connection


class Authority:
    """A certificate authority without the key identifiers that Python's strict mode wants."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self.name, self.key.public_key(), ca=True)
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)

    def _sign(self, subject, public, ca=False, names=()):
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, name: str, names=()) -> tuple[bytes, bytes]:
        """A certificate and its key, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key(), names=names
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificate.public_bytes(serialization.Encoding.PEM), pem


@pytest.fixture(scope="module")
def authority():
    return Authority("an authority")


def save(path: Path, *parts: bytes) -> str:
    path.write_bytes(b"".join(parts))
    path.chmod(0o600)
    return str(path)


@pytest.fixture
async def serve(authority, tmp_path):
    """Start TLS servers that say who the caller is, by certificate."""
    runners = []

    async def start(*, names, clients=False) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(save(tmp_path / "server.pem", *authority.issue("server", names)))
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=authority.pem.decode())

        async def who(request):
            peer = request.transport.get_extra_info("peercert")
            return web.json_response(dict(pair[0] for pair in peer["subject"]) if peer else {})

        app = web.Application()
        app.router.add_get("/who", who)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        runners.append(runner)
        return f"https://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


HERE = (x509.IPAddress(ipaddress.ip_address("127.0.0.1")),)
ELSEWHERE = (x509.DNSName("api.example.dev"),)


async def ask(**options):
    async with Client(load_connection(ConnectionOptions(**options))) as client:
        return await client.get("/who")


async def test_a_server_of_the_given_authority_is_trusted(serve, authority, tmp_path):
    server = await serve(names=HERE)
    assert await ask(server=server, certificate_authority=save(tmp_path / "ca.pem", authority.pem)) == {}


@pytest.mark.parametrize("other", [True, False], ids=["another authority", "the system's authorities"])
async def test_a_server_of_another_authority_is_not(serve, tmp_path, other):
    server = await serve(names=HERE)
    ca = {"certificate_authority": save(tmp_path / "ca.pem", Authority("another").pem)} if other else {}
    with pytest.raises(Unreachable, match=f"cannot trust {server}: .*; give the authority that signed") as caught:
        await ask(server=server, **ca)
    assert not caught.value.sent


async def test_a_server_of_another_name_is_not_trusted(serve, authority, tmp_path):
    server = await serve(names=ELSEWHERE)
    ca = save(tmp_path / "ca.pem", authority.pem)
    with pytest.raises(Unreachable, match=r"cannot trust .*IP address mismatch"):
        await ask(server=server, certificate_authority=ca)
    assert await ask(server=server, certificate_authority=ca, tls_server_name="api.example.dev") == {}


async def test_the_user_may_switch_verification_off(serve):
    assert await ask(server=await serve(names=ELSEWHERE), insecure_skip_tls_verify=True) == {}


async def test_a_client_certificate_from_files_is_shown(serve, authority, tmp_path):
    server = await serve(names=HERE, clients=True)
    certificate, key = authority.issue("eva")
    assert await ask(
        server=server,
        certificate_authority=save(tmp_path / "ca.pem", authority.pem),
        client_certificate=save(tmp_path / "eva.crt", certificate),
        client_key=save(tmp_path / "eva.key", key),
    ) == {"commonName": "eva"}


def kubeconfig(tmp_path, server, authority, user) -> str:
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(authority.pem).decode()}
    parts = {
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    return save(tmp_path / "config", yaml.safe_dump(parts).encode())


async def test_a_client_certificate_in_the_kubeconfig_is_shown_and_left_nowhere(
    serve, authority, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    certificate, key = authority.issue("eva")
    user = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    server = await serve(names=HERE, clients=True)
    assert await ask(kubeconfig=kubeconfig(tmp_path, server, authority, user)) == {"commonName": "eva"}
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_a_plugins_certificate_is_shown_and_changes_with_it(serve, authority, tmp_path):
    def plugin(name: str) -> None:
        certificate, key = authority.issue(name)
        status = {"clientCertificateData": certificate.decode(), "clientKeyData": key.decode()}
        answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
        path = Path(save(tmp_path / "plugin", f"#!{sys.executable}\nprint({json.dumps(answer)!r})\n".encode()))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    plugin("eva")
    exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "interactiveMode": "Never"}
    server = await serve(names=HERE, clients=True)
    options = ConnectionOptions(kubeconfig=kubeconfig(tmp_path, server, authority, {"exec": exec_}))
    async with Client(load_connection(options)) as client:
        assert await client.get("/who") == {"commonName": "eva"}
        plugin("ada")
        await client.connection.credentials.renew()
        assert await client.get("/who") == {"commonName": "ada"}


async def test_a_closed_client_leaves_no_connection_not_even_of_a_cancelled_call(serve, authority, tmp_path):
    server = await serve(names=HERE)
    options = ConnectionOptions(server=server, certificate_authority=save(tmp_path / "ca.pem", authority.pem))
    for turns in range(12):
        async with Client(load_connection(options)) as client:
            await client.get("/who")
            call = asyncio.create_task(client.get("/who"))
            for _ in range(turns):
                await asyncio.sleep(0)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
        assert [connection.fileno() for connection in client._transport._sockets if connection.fileno() != -1] == []
