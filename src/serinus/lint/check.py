"""From texts to findings."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from serinus.api.analysis import AnalysisRun, AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment
from serinus.api.rollout import Rollout
from serinus.lint.analysis import of_run, of_template
from serinus.lint.complaint import Complaint, spoken
from serinus.lint.experiment import of_experiment
from serinus.lint.finding import Finding, found, misread
from serinus.lint.kinds import shape_name, shapes
from serinus.lint.objects import Objects
from serinus.lint.path import written
from serinus.lint.rollout import of_rollout
from serinus.lint.shape import misfits
from serinus.lint.source import Document, SourceError, read
from serinus.traffic.router import Router


class Report(Struct, frozen=True):
    """What a check has found, and how much it has looked at."""

    findings: tuple[Finding, ...]
    files: int
    objects: int
    """The objects of kinds that are checked."""

    @property
    def errors(self) -> int:
        """How many findings are more than warnings."""
        return sum(finding.severity == "error" for finding in self.findings)


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
        findings += _findings(document, objects.seen_from(document.file), routers)
    order = list(texts)
    findings.sort(key=lambda item: (order.index(item.file), item.line, item.column))
    return Report(tuple(findings), len(texts), len(checked))


def _findings(document: Document, objects: Objects, routers: Sequence[Router]) -> Iterator[Finding]:
    """What is wrong with one object: its keys, its fields, and only where these can be read, what they mean."""
    for path in document.twice:
        yield found(document, path, "duplicate-key", f'key "{written(path)}" is there twice')
    misfitting = [*misfits(document.data, shape_name(document.data), shapes())]
    for item in misfitting:
        yield replace(found(document, item.path, item.rule, item.message), severity=item.severity)
    if all(item.rule == "unknown-field" for item in misfitting):
        mistaken = {item.path[:-1] for item in misfitting}  # what is missing there is the field that was meant
        for complaint in _complaints(document, objects, routers):
            if complaint.path not in mistaken:
                yield found(document, complaint.path, "invalid", complaint.message)


def _complaints(document: Document, objects: Objects, routers: Sequence[Router]) -> Iterator[Complaint]:
    """What the controller would say of an object once it has read it."""
    try:
        match document.data["kind"]:
            case "Rollout":
                yield from of_rollout(msgspec.convert(document.data, Rollout), objects, routers)
            case "AnalysisTemplate" | "ClusterAnalysisTemplate" as kind:
                template = msgspec.convert(document.data, AnalysisTemplate)
                ref = TemplateRef(template_name=template.metadata.name, cluster_scope=kind.startswith("Cluster"))
                yield from of_template(template, ref, objects.templates(template.metadata.namespace))
            case "AnalysisRun":
                yield from of_run(msgspec.convert(document.data, AnalysisRun))
            case "Experiment":
                experiment = msgspec.convert(document.data, Experiment)
                yield from of_experiment(experiment, objects.templates(experiment.metadata.namespace))
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$.")
        yield spoken(f"{path.rstrip('`')}: {text}") if path else Complaint((), text)
