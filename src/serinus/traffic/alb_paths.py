"""Paths of an Ingress that lead to actions.

A header route has the same paths as the weighted Service, in front of them: the load balancer controller sorts paths by
type and length and keeps the order of equals, so that a path of another type could come too late.
"""

from collections.abc import Collection, Sequence
from typing import Any

Rule = dict[str, Any]
Path = dict[str, Any]

USE_ANNOTATION = "use-annotation"


def leads_to(rules: Sequence[Rule], service: str) -> bool:
    """Whether any path leads to a Service."""
    return any(_service(path) == service for rule in rules for path in _paths(rule))


def routed(rules: Sequence[Rule], root: str, in_force: Sequence[str], managed: Sequence[str]) -> list[Rule]:
    """The rules with paths of the header routes in force before those of the root Service, and of no others.

    Where ours already stand so they stay: another Rollout over the same Ingress may have put its own in front.
    """
    return [
        rule if _stands(rule, root, in_force, managed) else _routed(rule, root, in_force, managed) for rule in rules
    ]


def without(rules: Sequence[Rule], routes: Collection[str]) -> list[Rule]:
    """The rules without the paths of these header routes."""
    return [_with_paths(rule, [path for path in _paths(rule) if not _is_action(path, routes)]) for rule in rules]


def _routed(rule: Rule, root: str, in_force: Sequence[str], managed: Sequence[str]) -> Rule:
    others = [path for path in _paths(rule) if not _is_action(path, managed)]
    return _with_paths(rule, [*_added(rule, root, in_force), *others])


def _stands(rule: Rule, root: str, in_force: Sequence[str], managed: Sequence[str]) -> bool:
    """Whether a rule has the paths of its header routes, in their order and before the weighted ones."""
    paths = _paths(rule)
    first = next((index for index, path in enumerate(paths) if _service(path) == root), len(paths))
    ours = [path for path in paths if _is_action(path, managed)]
    return ours == _added(rule, root, in_force) == [path for path in paths[:first] if _is_action(path, managed)]


def _added(rule: Rule, root: str, in_force: Sequence[str]) -> list[Path]:
    weighted = [path for path in _paths(rule) if _service(path) == root]
    return [path | {"backend": _backend(name)} for name in in_force for path in weighted]


def _with_paths(rule: Rule, paths: list[Path]) -> Rule:
    return rule | {"http": rule["http"] | {"paths": paths}} if paths != _paths(rule) else rule


def _paths(rule: Rule) -> list[Path]:
    return (rule.get("http") or {}).get("paths") or []


def _service(path: Path) -> str | None:
    return ((path.get("backend") or {}).get("service") or {}).get("name")


def _is_action(path: Path, names: Collection[str]) -> bool:
    return path.get("backend") in [_backend(name) for name in names]


def _backend(name: str) -> dict[str, Any]:
    return {"service": {"name": name, "port": {"name": USE_ANNOTATION}}}
