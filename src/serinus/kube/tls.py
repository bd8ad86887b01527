"""How we trust the API server, and the certificate that we show it."""

from __future__ import annotations

import base64
import binascii
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from serinus.kube.errors import ConfigError


@dataclass(frozen=True)
class Certificate:
    """A client certificate and its key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Trust:
    """What makes the server's certificate good.

    `authority` is PEM; without it the system's authorities count. `insecure` switches verification
    off and is True only where the user said so.
    """

    authority: bytes | None = field(default=None, repr=False)
    insecure: bool = False
    server_name: str | None = None


def tls_context(trust: Trust, certificate: Certificate | None = None) -> ssl.SSLContext:
    """The TLS settings for one cluster; ConfigError when a certificate is broken."""
    context = _verifying(trust.authority)
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        _show(context, certificate)
    return context


def _verifying(authority: bytes | None) -> ssl.SSLContext:
    if authority is None:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cadata=authority.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(f"the certificate authority of the cluster is no valid PEM: {error}") from None
    # Python 3.13 began to refuse authorities without a key identifier, which many clusters made for themselves.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _show(context: ssl.SSLContext, certificate: Certificate) -> None:
    # OpenSSL reads a chain from a file only: one that nobody else may read, and gone at once.
    with NamedTemporaryFile(prefix="serinus-") as file:
        file.write(certificate.certificate + b"\n" + certificate.key)
        file.flush()
        try:
            context.load_cert_chain(file.name, password="")  # with a password it never prompts for one
        except (ssl.SSLError, ValueError) as error:
            raise ConfigError(f"the client certificate and key do not fit or are no valid PEM: {error}") from None


def pem(data: str | None, path: str | None, folder: str, what: str) -> bytes | None:
    """The bytes of a kubeconfig's ``what-data`` (base64) or ``what`` (a file)."""
    if data:
        try:
            return base64.b64decode(data, validate=False)
        except (binascii.Error, ValueError):
            raise ConfigError(f"{what}-data is no valid base64") from None
    if not path:
        return None
    file = Path(folder, Path(path).expanduser())
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {what} {file}: {error.strerror}") from None
