"""Which templates an analysis consists of: those that it names, and those that they name in their turn."""

from collections.abc import Callable, Iterable, Mapping

from serinus.api.analysis import AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef

Templates = Mapping[TemplateRef, AnalysisTemplate]


class BuildError(Exception):
    """Templates and arguments do not make a run; the text says why."""


class MissingTemplateError(BuildError):
    """A template is not there."""

    def __init__(self, ref: TemplateRef) -> None:
        super().__init__(f"{named(ref)} not found")
        self.ref = ref


def gathered(
    refs: Iterable[TemplateRef], find: Callable[[TemplateRef], AnalysisTemplate | None]
) -> dict[TemplateRef, AnalysisTemplate]:
    """The templates that references lead to, nested ones included; those that are not there are left out."""
    found: dict[TemplateRef, AnalysisTemplate] = {}
    waiting = list(refs)
    while waiting:
        ref = waiting.pop()
        item = None if ref in found else find(ref)
        if item is not None:
            found[ref] = item
            waiting.extend(item.spec.templates)
    return found


def flattened(refs: Iterable[TemplateRef], templates: Templates) -> tuple[AnalysisTemplate, ...]:
    """The templates that references lead to, each once: those of the namespace first, then those of the cluster.

    Raises ``BuildError``.
    """
    found: dict[TemplateRef, AnalysisTemplate] = {}
    for ref in refs:
        _walk(ref, templates, found, ())
    return tuple(item for ref, item in sorted(found.items(), key=lambda pair: pair[0].cluster_scope))


def named(ref: TemplateRef) -> str:
    """The template in words: ``AnalysisTemplate 'success-rate'``."""
    kind = "ClusterAnalysisTemplate" if ref.cluster_scope else "AnalysisTemplate"
    return f"{kind} '{ref.template_name}'"


def _walk(
    ref: TemplateRef, templates: Templates, found: dict[TemplateRef, AnalysisTemplate], way: tuple[TemplateRef, ...]
) -> None:
    if ref in way:
        circle = " → ".join(item.template_name for item in (*way[way.index(ref) :], ref))
        raise BuildError(f"{named(ref)} refers to itself: {circle}")
    if ref in found:
        return
    item = templates.get(ref)
    if item is None:
        raise MissingTemplateError(ref)
    found[ref] = item
    for nested in item.spec.templates:
        _walk(nested, templates, found, (*way, ref))
