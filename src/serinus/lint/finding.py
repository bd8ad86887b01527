"""What is wrong, and where."""

from typing import Literal

from msgspec import Struct

from serinus.lint.path import written
from serinus.lint.source import Document, Path, Place

Rule = Literal["syntax", "duplicate-key", "unknown-field", "type", "required", "invalid"]
"""Why a finding is one: by it, machines may sort and choose."""

Severity = Literal["error", "warning"]
"""A warning is no reason to stop: the cluster may know what we do not."""


class Finding(Struct, frozen=True):
    """One thing that is wrong; lines and columns count from 1."""

    file: str
    line: int
    column: int
    rule: Rule
    message: str
    kind: str = ""
    name: str = ""
    field: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        """The line that people and editors read: ``a.yaml:3:5: Rollout shop: …``."""
        what = f"{self.kind} {self.name}: " if self.kind else ""
        doubt = "warning: " if self.severity == "warning" else ""
        return f"{self.file}:{self.line}:{self.column}: {doubt}{what}{self.message}"


def found(document: Document, path: Path, rule: Rule, message: str) -> Finding:
    """A finding about a value of an object, or about one that is missing in it."""
    place, data = document.place(path), document.data if isinstance(document.data, dict) else {}
    metadata = data.get("metadata")
    name = (metadata.get("name") or metadata.get("generateName") or "") if isinstance(metadata, dict) else ""
    return Finding(
        document.file, place.line, place.column, rule, message, str(data.get("kind") or ""), str(name), written(path)
    )


def misread(file: str, place: Place, message: str) -> Finding:
    """A finding about a text that holds no objects."""
    return Finding(file, place.line, place.column, "syntax", message)
