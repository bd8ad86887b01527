"""From what the user said to a connection: flags, kubeconfig, service account."""

from __future__ import annotations

import base64
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from serinus.kube.credentials import Credential, Credentials, Fixed, TokenFile, basic, bearer
from serinus.kube.errors import ConfigError
from serinus.kube.kubeconfig import Cluster, Kubeconfig, User, read_kubeconfig
from serinus.kube.options import ConnectionOptions
from serinus.kube.tls import Certificate, Trust, pem, tls_context

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
REQUEST_TIMEOUT = 30.0


@dataclass(frozen=True)
class Connection:
    """Everything that a client needs to know of a cluster.

    `server` is the URL without a slash at its end; `namespace` is where commands look when the user
    names none; `headers` are sent with every request (impersonation); `request_timeout` is in seconds.
    """

    server: str
    namespace: str = "default"
    context: str = ""
    trust: Trust = field(default_factory=Trust)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    credentials: Credentials = field(default_factory=Fixed, repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str | None = field(default=None, repr=False)
    compress: bool = True
    request_timeout: float = REQUEST_TIMEOUT


def load_connection(options: ConnectionOptions = ConnectionOptions()) -> Connection:  # noqa: B008 - frozen
    """Find the cluster that the user means.

    Flags come before the kubeconfig (`--kubeconfig`, $KUBECONFIG, ~/.kube/config), and without any
    kubeconfig a pod's service account is used. Raises `ConfigError` with what to do about it.
    """
    kubeconfig = read_kubeconfig(options.kubeconfig)
    context = kubeconfig.context(options.context)
    if context is None and not (options.server or options.cluster) and _in_cluster():
        return _from_service_account(options)
    cluster = _cluster(kubeconfig, options, context.cluster if context else "")
    user = _user(kubeconfig, options, context.user if context else "")
    return _connect(
        options,
        cluster,
        user,
        namespace=options.namespace or (context.namespace if context else None) or "default",
        context=options.context or kubeconfig.current_context,
    )


def _cluster(kubeconfig: Kubeconfig, options: ConnectionOptions, name: str) -> Cluster:
    name = options.cluster or name
    found = kubeconfig.cluster(name) if name else Cluster()
    server = options.server or found.server
    if not server:
        raise ConfigError(_no_cluster(kubeconfig, name))
    if not server.startswith(("https://", "http://")):
        raise ConfigError(f"the server {server!r} has no scheme; write https://{server}")
    return found


def _no_cluster(kubeconfig: Kubeconfig, name: str) -> str:
    if name:
        return f"the cluster {name!r} in {' or '.join(kubeconfig.files)} names no server"
    if kubeconfig.contexts:
        known = ", ".join(sorted(kubeconfig.contexts))
        return f"no current context is set in {' or '.join(kubeconfig.files)}; choose one with --context: {known}"
    return "no cluster is configured: pass --kubeconfig, set KUBECONFIG, or create ~/.kube/config"


def _user(kubeconfig: Kubeconfig, options: ConnectionOptions, name: str) -> User:
    name = options.user or name
    return kubeconfig.user(name) if name else User()


def _connect(options: ConnectionOptions, cluster: Cluster, user: User, *, namespace: str, context: str) -> Connection:
    server = (options.server or cluster.server).rstrip("/")
    trust = _trust(options, cluster)
    return Connection(
        server=server,
        namespace=namespace,
        context=context,
        trust=trust,
        tls=tls_context(trust, _certificate(options, user)) if server.startswith("https://") else None,
        credentials=_credentials(options, user, _exec_cluster(server, trust, cluster)),
        headers=_impersonation(options, user),
        proxy=options.proxy_url or cluster.proxy_url,
        compress=not (options.disable_compression or cluster.disable_compression),
        request_timeout=options.request_timeout or REQUEST_TIMEOUT,
    )


def _trust(options: ConnectionOptions, cluster: Cluster) -> Trust:
    insecure = options.insecure_skip_tls_verify or cluster.insecure_skip_tls_verify
    if options.certificate_authority:
        if options.insecure_skip_tls_verify:
            raise ConfigError("--certificate-authority and --insecure-skip-tls-verify exclude each other")
        authority = pem(None, options.certificate_authority, "", "certificate-authority")
        insecure = False
    else:
        authority = pem(
            cluster.certificate_authority_data, cluster.certificate_authority, cluster.folder, "certificate-authority"
        )
    return Trust(
        authority=None if insecure else authority,
        insecure=insecure,
        server_name=options.tls_server_name or cluster.tls_server_name,
    )


def _certificate(options: ConnectionOptions, user: User) -> Certificate | None:
    if options.client_certificate:
        certificate = pem(None, options.client_certificate, "", "client-certificate")
    else:
        certificate = pem(user.client_certificate_data, user.client_certificate, user.folder, "client-certificate")
    if options.client_key:
        key = pem(None, options.client_key, "", "client-key")
    else:
        key = pem(user.client_key_data, user.client_key, user.folder, "client-key")
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigError("a client certificate needs both client-certificate and client-key; one is missing")
    return Certificate(certificate, key)


def _credentials(options: ConnectionOptions, user: User, cluster: dict[str, object]) -> Credentials:
    if options.token:
        return Fixed(bearer(options.token))
    if options.username:
        return Fixed(basic(options.username, options.password or ""))
    if user.token_file:
        return TokenFile(Path(user.folder, Path(user.token_file).expanduser()))
    if user.token:
        return Fixed(bearer(user.token))
    if user.username:
        return Fixed(basic(user.username, user.password or ""))
    return _plugged(user, cluster)


def _plugged(user: User, cluster: dict[str, object]) -> Credentials:
    if user.exec is not None:
        from serinus.kube.execplugin import ExecPlugin  # noqa: PLC0415 - few need it

        return ExecPlugin(user.exec, user.folder, cluster)
    if user.auth_provider is None:
        return Fixed(Credential())
    if user.auth_provider.name != "oidc":
        raise ConfigError(
            f"the auth-provider {user.auth_provider.name!r} is gone since Kubernetes 1.26; "
            "let your provider's tool write a kubeconfig with an exec plugin"
        )
    from serinus.kube.oidc import OpenID  # noqa: PLC0415 - few need it

    return OpenID(user.auth_provider.config or {}, user.folder)


def _exec_cluster(server: str, trust: Trust, cluster: Cluster) -> dict[str, object]:
    told: dict[str, object] = {"server": server, "insecure-skip-tls-verify": trust.insecure}
    if trust.authority:
        told["certificate-authority-data"] = base64.b64encode(trust.authority).decode()
    if trust.server_name:
        told["tls-server-name"] = trust.server_name
    if cluster.proxy_url:
        told["proxy-url"] = cluster.proxy_url
    return told


def _impersonation(options: ConnectionOptions, user: User) -> tuple[tuple[str, str], ...]:
    name = options.as_user or user.as_user
    groups = options.as_group or tuple(user.as_groups or ())
    uid = options.as_uid or user.as_uid
    if not name:
        if groups or uid:
            raise ConfigError("--as-group and --as-uid need --as: impersonation begins with a user")
        return ()
    headers = [("Impersonate-User", name), *(("Impersonate-Group", group) for group in groups)]
    if uid:
        headers.append(("Impersonate-Uid", uid))
    for key, values in (user.as_user_extra or {}).items():
        headers += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for value in values]
    return tuple(headers)


def _in_cluster() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (SERVICE_ACCOUNT / "token").exists()


def _from_service_account(options: ConnectionOptions) -> Connection:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    namespace = options.namespace
    if namespace is None:
        try:
            namespace = (SERVICE_ACCOUNT / "namespace").read_text().strip()
        except OSError:
            namespace = "default"
    cluster = Cluster(server=f"https://{host}:{port}", certificate_authority=str(SERVICE_ACCOUNT / "ca.crt"))
    user = User(token_file=str(SERVICE_ACCOUNT / "token"))
    return _connect(options, cluster, user, namespace=namespace, context="in-cluster")
