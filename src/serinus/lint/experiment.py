"""Experiments, looked at as the controller does."""

import re
from collections.abc import Iterator

from serinus.api.experiment import Experiment
from serinus.experiment.validate import problem
from serinus.lint.complaint import Complaint
from serinus.lint.path import parsed
from serinus.lint.source import Path

_FIELD = re.compile(r"\.?Spec\.(Templates|Analyses)\[(\d+)\]\.(\w+)")
_INDEX = re.compile(r"at index (\d+)")


def of_experiment(experiment: Experiment) -> Iterator[Complaint]:
    """The first thing that is wrong, as the controller would say it."""
    if text := problem(experiment):
        yield Complaint(_place(text), text)


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
