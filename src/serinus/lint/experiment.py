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

_INDEX = re.compile(r"index (\d+)")


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
    list_ = "analyses" if "analysis name" in text else "templates"
    if not (index := _INDEX.search(text)):
        return ("spec", list_)
    field = "name" if "name at index" in text else "minReadySeconds" if "MinReadySeconds" in text else "selector"
    return ("spec", list_, int(index[1]), field)
