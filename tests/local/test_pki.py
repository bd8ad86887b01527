"""Each certificate proves one thing, and only to who should believe it."""

import contextlib
import ssl
from pathlib import Path

import pytest

from serinus.local import pki
from serinus.local.pki import Pair, Pki


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return pki.create(tmp_path_factory.mktemp("pki"), "local")


def greet(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "127.0.0.1") -> None:
    """Shake hands; raises what the side says that does not believe the other."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(down, up, server_hostname=name), server.wrap_bio(up, down, server_side=True)]
    for _ in range(4):  # TLS 1.3 needs three turns
        for side in sides:
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    assert [side.version() for side in sides] == ["TLSv1.3", "TLSv1.3"]


def serving(pair: Pair, callers: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=callers)
    context.load_cert_chain(pair.cert, pair.key)
    context.verify_mode = ssl.CERT_REQUIRED if callers else ssl.CERT_NONE
    return context


def calling(authority: Path, pair: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    if pair:
        context.load_cert_chain(pair.cert, pair.key)
    return context


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "kubernetes.default.svc", "10.96.0.1"])
def test_the_api_server_proves_its_names(name: str, made: Pki) -> None:
    greet(serving(made.apiserver), calling(made.ca), name)


def test_the_kubelet_proves_its_address_and_knows_the_api_server(made: Pki) -> None:
    server = serving(made.kubelet, made.kubelet_client_ca)
    greet(server, calling(made.ca, made.apiserver_to_kubelet))
    greet(server, calling(made.ca, made.apiserver_to_kubelet), "local")


def test_etcd_knows_the_api_server(made: Pki) -> None:
    greet(serving(made.etcd, made.etcd_ca), calling(made.etcd_ca, made.apiserver_to_etcd))


def test_a_name_that_is_not_in_the_certificate_is_not_believed(made: Pki) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="match"):
        greet(serving(made.apiserver), calling(made.ca), "example.com")


def test_etcds_authority_says_nothing_about_the_api_server(made: Pki) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        greet(serving(made.apiserver), calling(made.etcd_ca))


@pytest.mark.parametrize("caller", ["apiserver_to_kubelet", "kubelet", None])
def test_nobody_but_the_api_server_may_call_etcd(caller: str | None, made: Pki) -> None:
    pair = getattr(made, caller) if caller else None
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate"):
        greet(serving(made.etcd, made.etcd_ca), calling(made.etcd_ca, pair))


@pytest.mark.parametrize("caller", ["apiserver_to_etcd", "etcd", None])
def test_nobody_but_the_api_server_may_call_the_kubelet(caller: str | None, made: Pki) -> None:
    pair = getattr(made, caller) if caller else None
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate"):
        greet(serving(made.kubelet, made.kubelet_client_ca), calling(made.ca, pair))


def test_every_start_has_keys_of_its_own_and_no_authoritys_key_is_kept(tmp_path: Path) -> None:
    first = pki.create(tmp_path, "local").service_accounts.read_bytes()
    assert pki.create(tmp_path, "local").service_accounts.read_bytes() != first
    assert {path.name for path in tmp_path.glob("*.key")} == {
        "etcd.key",
        "kube-apiserver.key",
        "kube-apiserver-etcd-client.key",
        "kube-apiserver-kubelet-client.key",
        "service-accounts.key",
        "system-node-local.key",
    }
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {"0o600"}
