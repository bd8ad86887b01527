"""Who may call the API: users with tokens, and the kubeconfig that names them."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from serinus.local.folders import write_private

MASTERS = "system:masters"


@dataclass(frozen=True)
class User:
    """Somebody whom the API server knows by a token."""

    name: str
    groups: tuple[str, ...] = ()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


@dataclass(frozen=True)
class Users:
    """The users of one cluster, each with a fresh token.

    They are kept apart so that the audit log tells who wrote what.
    """

    admin: User = field(default_factory=lambda: User("serinus-admin", (MASTERS,)))
    controller: User = field(default_factory=lambda: User("serinus-controller"))
    node: User = field(default_factory=lambda: User("serinus-node", (MASTERS,)))
    controller_manager: User = field(default_factory=lambda: User("system:kube-controller-manager", (MASTERS,)))

    def write_tokens(self, path: Path) -> Path:
        """Write the API server's static token file."""
        users = (self.admin, self.controller, self.node, self.controller_manager)
        lines = [f'{user.token},{user.name},{user.name},"{",".join(user.groups)}"\n' for user in users]
        return write_private(path, "".join(lines))


@dataclass(frozen=True)
class Endpoint:
    """Where the API is, and who vouches for it."""

    server: str
    ca: Path


def kubeconfig(endpoint: Endpoint, cluster: str, contexts: Mapping[str, User]) -> str:
    """Write a kubeconfig with one context per user; the first is current."""
    authority = base64.b64encode(endpoint.ca.read_bytes()).decode()
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": cluster, "cluster": {"server": endpoint.server, "certificate-authority-data": authority}}
        ],
        "users": [{"name": context, "user": {"token": user.token}} for context, user in contexts.items()],
        "contexts": [
            {"name": context, "context": {"cluster": cluster, "user": context, "namespace": "default"}}
            for context in contexts
        ],
        "current-context": next(iter(contexts)),
    }
    return yaml.safe_dump(document, sort_keys=False)
