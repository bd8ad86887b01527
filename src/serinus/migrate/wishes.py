"""What the annotations of an Ingress ask for, as far as an HTTPRoute can say it."""

import re
from typing import Any

from msgspec import Struct

from serinus.api.scalar import Manifest
from serinus.migrate.losses import PREFIX, Losses

PATTERN = re.compile(r"[()\[\]*+?$^|\\{}]")
REST = re.compile(r"(?P<base>(/[^()\[\]*+?$^|\\{}]*)?)\(/\|\$\)\(\.\*\)")
"""A path and all below it, as the documentation of ingress-nginx writes it: /shop(/|$)(.*)"""
TO_REST = re.compile(r"(?P<base>[^$]*?)/?\$2")

KINDS = {"Exact": "Exact", "Prefix": "PathPrefix"}


class Wishes(Struct, frozen=True, kw_only=True):
    """Changes of requests, and how paths are meant."""

    target: str = ""
    """What a path becomes."""
    has_patterns: bool = False
    """Whether paths may be regular expressions."""
    app_root: str = ""
    """Where a client is sent that asks for the root."""
    host: str = ""
    forwarded_prefix: str = ""
    aliases: tuple[str, ...] = ()


def read_wishes(ingress: Manifest, lost: Losses) -> Wishes:
    """Read the annotations of ingress-nginx; what an HTTPRoute cannot say is lost."""
    annotations: dict[str, str] = ingress["metadata"].get("annotations") or {}
    said = {name.removeprefix(PREFIX): value for name, value in annotations.items() if name.startswith(PREFIX)}
    target = said.pop("rewrite-target", "")
    is_regex = said.get("use-regex") == "true"
    said.pop("use-regex", None)
    prefix = said.get("x-forwarded-prefix", "")
    if prefix.startswith("/"):
        said.pop("x-forwarded-prefix")
    wishes = Wishes(
        target=target,
        has_patterns=is_regex or bool(target),
        app_root=said.pop("app-root", ""),
        host=said.pop("upstream-vhost", ""),
        forwarded_prefix=prefix if prefix.startswith("/") else "",
        aliases=tuple(name.strip() for name in said.pop("server-alias", "").split(",") if name.strip()),
    )
    for name, value in sorted(said.items()):
        lost.annotation(ingress, name, value)
    for name in sorted(name for name in annotations if name.startswith("cert-manager.io/")):
        lost.add(ingress, f"annotation {name}: certificates are asked for at the Gateway")
    return wishes


class Paths:
    """Writes the paths of one Ingress as matches and filters."""

    def __init__(self, ingress: Manifest, wishes: Wishes, lost: Losses) -> None:
        self._ingress = ingress
        self._wishes = wishes
        self._lost = lost

    def written(self, path: str, kind: str) -> tuple[Manifest, list[Manifest]]:
        """Say which requests are meant, and what becomes of them."""
        match, change = self._match(path, kind)
        return match, [*self._rewrite(change), *self._header()]

    def _match(self, path: str, kind: str) -> tuple[Manifest, Manifest]:
        """A path's match, and what the path becomes."""
        if kind != "Exact" and self._wishes.has_patterns and PATTERN.search(path):
            return self._pattern(path)
        target = self._wishes.target
        if "$" in target:
            self._lose_target(path)
            target = ""
        change = {"type": "ReplaceFullPath", "replaceFullPath": target} if target else {}
        return _value(KINDS.get(kind, "PathPrefix"), path), change

    def _pattern(self, path: str) -> tuple[Manifest, Manifest]:
        rest, to = REST.fullmatch(path), TO_REST.fullmatch(self._wishes.target)
        if rest and (to or not self._wishes.target):
            change = {"type": "ReplacePrefixMatch", "replacePrefixMatch": to["base"] or "/"} if to else {}
            return _value("PathPrefix", rest["base"] or "/"), change
        self._lost.add(self._ingress, f"path {path}: nginx compares patterns without regard to case, Gateways with it")
        if self._wishes.target and "$" not in self._wishes.target:
            return _regex(path), {"type": "ReplaceFullPath", "replaceFullPath": self._wishes.target}
        if self._wishes.target:
            self._lose_target(path)
        return _regex(path), {}

    def _lose_target(self, path: str) -> None:
        text = f"path {path}: an HTTPRoute has nothing like the rewrite-target {self._wishes.target}"
        self._lost.add(self._ingress, text)

    def _rewrite(self, change: Manifest) -> list[Manifest]:
        whole: Manifest = {"hostname": self._wishes.host} if self._wishes.host else {}
        if change:
            whole["path"] = change
        return [{"type": "URLRewrite", "urlRewrite": whole}] if whole else []

    def _header(self) -> list[Manifest]:
        prefix = self._wishes.forwarded_prefix
        if not prefix:
            return []
        change = {"set": [{"name": "X-Forwarded-Prefix", "value": prefix}]}
        return [{"type": "RequestHeaderModifier", "requestHeaderModifier": change}]


def _value(kind: str, path: str) -> dict[str, Any]:
    return {"path": {"type": kind, "value": path}}


def _regex(path: str) -> Manifest:
    """A pattern is compared with the beginning of a path in nginx, with the whole in Gateways."""
    if path.endswith("$"):
        return _value("RegularExpression", path.removeprefix("^").removesuffix("$"))
    return _value("RegularExpression", path.removeprefix("^") + ("" if path.endswith((".*", ".*)")) else ".*"))
