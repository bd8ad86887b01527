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


class _Held(Struct, frozen=True):
    file: str
    group: str
    kind: str
    item: Foreign


class Objects:
    """Objects by kind, name and namespace, as one file sees them.

    One without a namespace may be meant for any. Of several with one name, that of the same file counts; where none
    of them is there, nobody knows which is meant, and none is.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._file = ""
        self._all = tuple(held for document in documents if (held := _held(document)))

    def seen_from(self, file: str) -> "Objects":
        """The objects as a file sees them."""
        objects = Objects(())
        objects._all, objects._file = self._all, file
        return objects

    def find(self, ref: Ref) -> Iterator[Foreign]:
        """The objects that are meant, in whatever version of their kind; all of the kind without a name."""
        by_name: dict[str, list[_Held]] = {}
        for held in self._all:
            if _is_meant(held, ref):
                by_name.setdefault(held.item.metadata.name, []).append(held)
        for candidates in by_name.values():
            own = [held for held in candidates if held.file == self._file]
            if own or len(candidates) == 1:
                yield (own or candidates)[0].item

    def templates(self, namespace: str) -> dict[TemplateRef, AnalysisTemplate]:
        """The analysis templates that can be used in a namespace, as far as they can be read."""
        found: dict[TemplateRef, AnalysisTemplate] = {}
        for kind in (ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE):
            for item in self.find(Ref(kind, namespace, "")):
                ref = TemplateRef(template_name=item.metadata.name, cluster_scope=not kind.namespaced)
                try:
                    found[ref] = msgspec.convert(item.raw, AnalysisTemplate)
                except msgspec.ValidationError:
                    continue  # its shape is told elsewhere
        return found


def _is_meant(held: _Held, ref: Ref) -> bool:
    kind, place = ref.kind, held.item.metadata.namespace
    is_there = not (kind.namespaced and place and ref.namespace) or place == ref.namespace
    is_kind = (held.group, held.kind) == (_group(kind.api_version), kind.kind)
    return is_kind and is_there and ref.name in {"", held.item.metadata.name}


def _held(document: Document) -> _Held | None:
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("metadata"), dict):
        return None
    try:
        item = Foreign(metadata=msgspec.convert(data["metadata"], ObjectMeta), raw=data)
    except msgspec.ValidationError:
        return None
    return _Held(document.file, _group(str(data.get("apiVersion") or "")), str(data.get("kind") or ""), item)


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
