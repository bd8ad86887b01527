"""The objects of all files together: who names whom."""

from collections.abc import Iterable, Iterator

import msgspec

from serinus.api.analysis import AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.kinds import ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE
from serinus.api.meta import ObjectMeta
from serinus.api.workload import Foreign
from serinus.lint.source import Document
from serinus.plan import Ref


class Objects:
    """Objects by kind, name and namespace; one without a namespace may be meant for any."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._all = [(foreign, *_kind(foreign)) for document in documents if (foreign := _foreign(document))]

    def find(self, ref: Ref) -> Iterator[Foreign]:
        """The objects that are meant, in whatever version of their kind; all of the kind without a name."""
        group = _group(ref.kind.api_version)
        for item, item_group, kind in self._all:
            place = item.metadata.namespace
            is_there = not ref.kind.namespaced or not place or not ref.namespace or place == ref.namespace
            if (item_group, kind) == (group, ref.kind.kind) and ref.name in {"", item.metadata.name} and is_there:
                yield item

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

    def has(self, name: str) -> bool:
        """Whether any object is called so."""
        return any(item.metadata.name == name for item, *_ in self._all)


def _foreign(document: Document) -> Foreign | None:
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("metadata"), dict):
        return None
    try:
        return Foreign(metadata=msgspec.convert(data["metadata"], ObjectMeta), raw=data)
    except msgspec.ValidationError:
        return None


def _kind(item: Foreign) -> tuple[str, str]:
    return _group(str(item.raw.get("apiVersion") or "")), str(item.raw.get("kind") or "")


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
