"""Experiments, looked at as the controller does."""

import re
from collections.abc import Iterator

from serinus.analysis.build import run_spec
from serinus.analysis.templates import BuildError, MissingTemplateError, Templates
from serinus.api.analysis import Argument
from serinus.api.analysis_ref import RolloutAnalysis, TemplateRef
from serinus.api.experiment import Experiment
from serinus.experiment.validate import problem
from serinus.lint.complaint import Complaint
from serinus.lint.path import parsed
from serinus.lint.source import Path

_FIELD = re.compile(r"\.?Spec\.(Templates|Analyses)\[(\d+)\]\.(\w+)")
_INDEX = re.compile(r"at index (\d+)")


def of_experiment(experiment: Experiment, templates: Templates) -> Iterator[Complaint]:
    """What is wrong, as the controller would say it; ``templates`` are those that the files hold."""
    if text := problem(experiment):
        yield Complaint(_place(text), text)
    for index, analysis in enumerate(experiment.spec.analyses):
        ref = TemplateRef(template_name=analysis.template_name, cluster_scope=analysis.cluster_scope)
        values = [Argument(name=arg.name, value=arg.value or "") for arg in analysis.args]
        try:
            run_spec(RolloutAnalysis(templates=(ref,)), values, templates)
        except MissingTemplateError:
            continue  # the cluster may have it
        except BuildError as error:
            yield Complaint(("spec", "analyses", index), f"spec.analyses[{index}]: {error}")


def _place(text: str) -> Path:
    """The value that a sentence of Argo Rollouts speaks of."""
    if path := parsed(text):
        return path
    if field := _FIELD.search(text):
        list_, index, name = field.groups()
        return ("spec", list_.lower(), int(index), name[:1].lower() + name[1:])
    if index_ := _INDEX.search(text):
        return ("spec", "templates", int(index_[1]), "selector")
    return ("spec", "analyses" if "analysis name" in text else "templates")
