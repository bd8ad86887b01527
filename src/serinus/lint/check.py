"""From texts to findings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from serinus.api.kinds import ROLLOUT
from serinus.api.rollout import Rollout
from serinus.lint import rollout
from serinus.lint.finding import Finding, found, misread
from serinus.lint.kinds import shape_name, shapes
from serinus.lint.objects import Objects
from serinus.lint.path import parsed, written
from serinus.lint.shape import misfits
from serinus.lint.source import Document, SourceError, read
from serinus.traffic.router import Router

T = TypeVar("T")


class Report(Struct, frozen=True):
    """What a check has found, and how much it has looked at."""

    findings: tuple[Finding, ...]
    files: int
    objects: int
    """The objects of kinds that are checked."""


def check(texts: Mapping[str, str], routers: Sequence[Router]) -> Report:
    """Look at the manifests of all files together; ``texts`` are their contents by name."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for file, text in texts.items():
        try:
            documents += read(text, file)
        except SourceError as error:
            findings.append(misread(file, error.place, str(error)))
    checked = [document for document in documents if shape_name(document.data)]
    objects = Objects(documents)
    for document in checked:
        findings += _findings(document, objects, routers)
    order = list(texts)
    findings.sort(key=lambda item: (order.index(item.file), item.line, item.column))
    return Report(tuple(findings), len(texts), len(checked))


def _findings(document: Document, objects: Objects, routers: Sequence[Router]) -> Iterator[Finding]:
    """What is wrong with one object: its keys, its fields, and only where these can be read, what they mean."""
    for path in document.twice:
        yield found(document, path, "duplicate-key", f'key "{written(path)}" is there twice')
    misfitting = [*misfits(document.data, shape_name(document.data), shapes())]
    for item in misfitting:
        yield found(document, item.path, item.rule, item.message)
    if all(item.rule == "unknown-field" for item in misfitting):
        for text in _complaints(document, objects, routers):
            yield found(document, parsed(text), "invalid", text)


def _complaints(document: Document, objects: Objects, routers: Sequence[Router]) -> Iterator[str]:
    try:
        if document.data["kind"] == ROLLOUT.kind:
            yield from rollout.complaints(msgspec.convert(document.data, Rollout), objects, routers)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$.")
        yield f"{path.rstrip('`')}: {text}" if path else text
