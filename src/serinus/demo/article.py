"""The article's manifests, as they stand and with shorter pauses."""

from importlib.resources import files
from typing import Any

import yaml


def manifest(name: str) -> str:
    """The text of a manifest that we ship."""
    return (files("serinus.demo") / "manifests" / name).read_text()


def shortened(text: str, seconds: float) -> str:
    """Let the timed pauses of all Rollouts take so many seconds; nothing else changes."""
    documents = list(yaml.safe_load_all(text))
    for document in documents:
        if document["kind"] == "Rollout":
            _shorten(document["spec"]["strategy"]["canary"]["steps"], seconds)
    return yaml.safe_dump_all(documents, sort_keys=False)


def _shorten(steps: list[dict[str, Any]], seconds: float) -> None:
    for step in steps:
        if "duration" in step.get("pause", {}):
            step["pause"]["duration"] = f"{seconds:g}s"
