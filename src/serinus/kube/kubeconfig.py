"""Kubeconfig files: read, merged, and one context chosen."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from serinus.kube.errors import ConfigError

DEFAULT_FILE = "~/.kube/config"


class _Entry(msgspec.Struct, rename="kebab", repr_omit_defaults=True):
    """A named section; `folder` is that of its file, for relative paths."""

    folder: str = ""


class Cluster(_Entry, rename="kebab"):
    """Where an API server is and how to trust it."""

    server: str = ""
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool = False
    tls_server_name: str | None = None
    proxy_url: str | None = None
    disable_compression: bool = False


class EnvVar(msgspec.Struct):
    """One variable for a credential plugin."""

    name: str
    value: str

    def __repr__(self) -> str:
        return f"EnvVar(name={self.name!r})"


class Exec(msgspec.Struct, rename="camel"):
    """A program that prints credentials."""

    command: str
    api_version: str = "client.authentication.k8s.io/v1"
    args: list[str] | None = None
    env: list[EnvVar] | None = None
    install_hint: str = ""
    interactive_mode: str = "IfAvailable"
    provide_cluster_info: bool = False

    def __repr__(self) -> str:
        return f"Exec(command={self.command!r})"


class AuthProvider(msgspec.Struct):
    """The older way to get credentials; only oidc is left of it."""

    name: str
    config: dict[str, str] | None = None

    def __repr__(self) -> str:
        return f"AuthProvider(name={self.name!r})"


class User(_Entry, rename="kebab"):
    """Who we are to the API server."""

    token: str | None = None
    token_file: str | None = msgspec.field(name="tokenFile", default=None)
    username: str | None = None
    password: str | None = None
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    exec: Exec | None = None
    auth_provider: AuthProvider | None = None
    as_user: str | None = msgspec.field(name="as", default=None)
    as_uid: str | None = None
    as_groups: list[str] | None = None
    as_user_extra: dict[str, list[str]] | None = None

    def __repr__(self) -> str:
        return "User(...)"  # almost every field is a secret


class Context(_Entry, rename="kebab"):
    """A cluster, a user and a namespace that go together."""

    cluster: str = ""
    user: str = ""
    namespace: str | None = None


S = TypeVar("S", bound=_Entry)


class Kubeconfig(msgspec.Struct):
    """All that the files say together."""

    files: tuple[str, ...] = ()
    current_context: str = ""
    clusters: dict[str, Cluster] = {}
    users: dict[str, User] = {}
    contexts: dict[str, Context] = {}

    def __repr__(self) -> str:
        return f"Kubeconfig(files={self.files!r})"

    def context(self, name: str | None) -> Context | None:
        """The context of that name, else the current one, else None."""
        name = name or self.current_context
        return self._find(self.contexts, "context", name) if name else None

    def cluster(self, name: str) -> Cluster:
        """The cluster of that name; ConfigError when there is none."""
        return self._find(self.clusters, "cluster", name)

    def user(self, name: str) -> User:
        """The user of that name; ConfigError when there is none."""
        return self._find(self.users, "user", name)

    def _find(self, sections: dict[str, S], what: str, name: str) -> S:
        if name in sections:
            return sections[name]
        known = ", ".join(sorted(sections)) or "none"
        raise ConfigError(f"no {what} {name!r} in {' or '.join(self.files) or 'any kubeconfig'}; there are: {known}")


def read_kubeconfig(flag: str | None) -> Kubeconfig:
    """Read the file that the flag names, else $KUBECONFIG's list, else ~/.kube/config.

    Of a list, files that do not exist are passed over and the first file that sets a value wins.
    Raises `ConfigError` for a named file that is missing, and for one that cannot be read.
    """
    if flag:
        return _merge([_existing(flag)])
    listed = [part for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    paths = [Path(part).expanduser() for part in listed or [DEFAULT_FILE]]
    found = [path for path in paths if path.exists()]
    if listed and not found:
        raise ConfigError(f"$KUBECONFIG names no file that exists: {os.pathsep.join(listed)}; correct or unset it")
    return _merge(found)


def _existing(flag: str) -> Path:
    path = Path(flag).expanduser()
    if not path.exists():
        raise ConfigError(f"there is no kubeconfig {path}; check --kubeconfig")
    return path


def _merge(paths: Iterable[Path]) -> Kubeconfig:
    merged = Kubeconfig(clusters={}, users={}, contexts={})
    for path in paths:
        one = _read(path)
        merged.files += one.files
        merged.current_context = merged.current_context or one.current_context
        merged.clusters = one.clusters | merged.clusters
        merged.users = one.users | merged.users
        merged.contexts = one.contexts | merged.contexts
    return merged


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: Cluster | None = None


class _NamedUser(msgspec.Struct):
    name: str
    user: User | None = None


class _NamedContext(msgspec.Struct):
    name: str
    context: Context | None = None


class _File(msgspec.Struct, rename="kebab"):
    current_context: str | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None


def _read(path: Path) -> Kubeconfig:
    try:
        file = msgspec.convert(_parse(path) or {}, _File)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path} is no valid kubeconfig: {error}") from None
    folder = str(path.absolute().parent)
    kubeconfig = Kubeconfig(
        files=(str(path),),
        current_context=file.current_context or "",
        clusters={item.name: item.cluster or Cluster() for item in reversed(file.clusters or ())},
        users={item.name: item.user or User() for item in reversed(file.users or ())},
        contexts={item.name: item.context or Context() for item in reversed(file.contexts or ())},
    )
    for section in (*kubeconfig.clusters.values(), *kubeconfig.users.values(), *kubeconfig.contexts.values()):
        section.folder = folder
    return kubeconfig


def _parse(path: Path) -> Any:
    import yaml  # noqa: PLC0415 - a tenth of a second that in-cluster starts need not spend

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe loaders
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the kubeconfig {path}: {getattr(error, 'strerror', None) or error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{where} is no valid YAML: {getattr(error, 'problem', error)}") from None
