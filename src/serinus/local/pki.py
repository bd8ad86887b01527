"""The keys and certificates of one cluster, made afresh at every start.

Three authorities, because trust in one thing is not trust in another: who may
prove that they are a server of ours, who may call the kubelet, and who may read
etcd. Their private keys are never written down.
"""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from serinus.local.folders import private_folder, write_private

LIFETIME = datetime.timedelta(days=365)
CLOCK_SKEW = datetime.timedelta(minutes=5)
API_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
API_SERVICE_IP = "10.96.0.1"
"""The address of the Service `kubernetes`: the first of the service range."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, as PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Pki:
    """Every certificate and key that a cluster's programs need."""

    ca: Path
    """Signs the API server's and the kubelet's serving certificates."""
    etcd_ca: Path
    kubelet_client_ca: Path
    apiserver: Pair
    kubelet: Pair
    apiserver_to_kubelet: Pair
    etcd: Pair
    apiserver_to_etcd: Pair
    service_accounts: Path
    """The private key that signs ServiceAccount tokens."""


def create(folder: Path, node: str) -> Pki:
    """Make all certificates of a cluster in a folder; old ones are replaced."""
    private_folder(folder)
    servers = Authority("serinus-ca", folder)
    etcd = Authority("serinus-etcd-ca", folder)
    callers = Authority("serinus-kubelet-client-ca", folder)
    return Pki(
        ca=servers.cert,
        etcd_ca=etcd.cert,
        kubelet_client_ca=callers.cert,
        apiserver=servers.issue("kube-apiserver", API_NAMES, (API_SERVICE_IP,)),
        kubelet=servers.issue(f"system:node:{node}", (node,)),
        apiserver_to_kubelet=callers.issue("kube-apiserver-kubelet-client"),
        etcd=etcd.issue("etcd"),
        apiserver_to_etcd=etcd.issue("kube-apiserver-etcd-client"),
        service_accounts=write_private(folder / "service-accounts.key", _pem(_new_key())),
    )


class Authority:
    """A certificate authority that lives as long as this object."""

    def __init__(self, name: str, folder: Path) -> None:
        self._folder = folder
        self._key = _new_key()
        self._subject = _subject(name)
        basic = x509.BasicConstraints(ca=True, path_length=0)
        cert = _draft(self._subject, self._subject, self._key).add_extension(basic, critical=True)
        cert = cert.add_extension(_key_usage(signs=True), critical=True)
        signed = cert.sign(self._key, hashes.SHA256())
        self.cert = folder / f"{name}.crt"
        write_private(self.cert, signed.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, hosts: tuple[str, ...] = (), addresses: tuple[str, ...] = ()) -> Pair:
        """Issue a certificate for this computer's loopback, and write it.

        It may serve and call: which of the two is of use depends on who trusts
        this authority.
        """
        key = _new_key()
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in ("localhost", *hosts)]
        names += [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", *addresses)]
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        cert = (
            _draft(_subject(name), self._subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(_key_usage(signs=False), critical=True)
            .add_extension(uses, critical=False)
            .add_extension(_authority_key(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        stem = name.replace(":", "-")
        pair = Pair(self._folder / f"{stem}.crt", self._folder / f"{stem}.key")
        write_private(pair.cert, cert.public_bytes(serialization.Encoding.PEM))
        write_private(pair.key, _pem(key))
        return pair


def _draft(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _authority_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
