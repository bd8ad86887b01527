"""The objects of all files together: who names whom."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from serinus.api.analysis import AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.kinds import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE
from serinus.api.meta import ObjectMeta
from serinus.api.workload import Foreign
from serinus.lint.source import Document
from serinus.plan import Ref

_Kind = tuple[str, str]
"""Group and name of a kind: versions do not matter."""


class _Held(Struct, frozen=True):
    file: str
    item: Foreign
    template: AnalysisTemplate | None = None


class Objects:
    """Objects by kind, name and namespace, as one file sees them.

    One without a namespace may be meant for any. Of several with one name, that of the same file counts; where none
    of them is there, nobody knows which is meant, and none is.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._file = ""
        self._held: dict[_Kind, list[_Held]] = {}
        for document in documents:
            if held := _held(document):
                self._held.setdefault(_kind(held.item), []).append(held)

    def seen_from(self, file: str) -> "Objects":
        """The objects as a file sees them."""
        objects = Objects(())
        objects._held, objects._file = self._held, file
        return objects

    def find(self, ref: Ref) -> Iterator[Foreign]:
        """The objects that are meant, in whatever version of their kind; all of the kind without a name."""
        return (held.item for held in self._meant(ref))

    def templates(self, namespace: str) -> dict[TemplateRef, AnalysisTemplate]:
        """The analysis templates that can be used in a namespace, as far as they can be read."""
        found: dict[TemplateRef, AnalysisTemplate] = {}
        for kind in (ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE):
            for held in self._meant(Ref(kind, namespace, "")):
                if held.template is not None:
                    name = held.item.metadata.name
                    found[TemplateRef(template_name=name, cluster_scope=not kind.namespaced)] = held.template
        return found

    def _meant(self, ref: Ref) -> Iterator[_Held]:
        by_name: dict[str, list[_Held]] = {}
        for held in self._held.get((_group(ref.kind.api_version), ref.kind.kind), ()):
            if _is_meant(held, ref):
                by_name.setdefault(held.item.metadata.name, []).append(held)
        for candidates in by_name.values():
            own = [held for held in candidates if held.file == self._file]
            if own or len(candidates) == 1:
                yield (own or candidates)[0]


def _is_meant(held: _Held, ref: Ref) -> bool:
    place = held.item.metadata.namespace
    is_there = not (ref.kind.namespaced and place and ref.namespace) or place == ref.namespace
    return is_there and ref.name in {"", held.item.metadata.name}


def _held(document: Document) -> _Held | None:
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("metadata"), dict):
        return None
    try:
        item = Foreign(metadata=msgspec.convert(data["metadata"], ObjectMeta), raw=data)
        is_template = _kind(item) in _TEMPLATES
        return _Held(document.file, item, msgspec.convert(data, AnalysisTemplate) if is_template else None)
    except msgspec.ValidationError:
        return None  # its shape is told elsewhere


def _kind(item: Foreign) -> _Kind:
    return _group(str(item.raw.get("apiVersion") or "")), str(item.raw.get("kind") or "")


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


_TEMPLATES = {(_group(kind.api_version), kind.kind) for kind in (ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE)}
