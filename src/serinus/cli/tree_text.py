"""The view of a Rollout or an Experiment as a block of text."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from serinus.cli.paint import Paint
from serinus.cli.table import align
from serinus.view.age import age
from serinus.view.experiment import ExperimentView
from serinus.view.image import Image
from serinus.view.rollout import RolloutView
from serinus.view.tree import Node

_HEADER = ("NAME", "KIND", "STATUS", "AGE", "INFO")
_PAINTED = {_HEADER.index("STATUS"), _HEADER.index("INFO")}
_LABEL = 17
"""Columns that the labels above the tree take."""


def write_view(view: RolloutView, now: datetime, paint: Paint) -> str:
    """Write everything about a Rollout: labels and values, then the tree."""
    return "\n".join([*_labels(view, paint), "", *_tree(view.tree, now, paint)]) + "\n"


def write_experiment(view: ExperimentView, now: datetime, paint: Paint) -> str:
    """Write everything about an Experiment: labels and values, then the tree."""
    return "\n".join([*_experiment_labels(view, paint), "", *_tree(view.tree, now, paint)]) + "\n"


def _tree(root: Node, now: datetime, paint: Paint) -> Iterable[str]:
    rows = [_HEADER, *_rows(root, now, "", "")]
    return align(rows, lambda column, text: paint.roles(paint.signs(text)) if column in _PAINTED else text)


def _experiment_labels(view: ExperimentView, paint: Paint) -> Iterator[str]:
    yield _label("Name:", view.name)
    yield _label("Namespace:", view.namespace)
    yield _label("Status:", paint.signs(f"{view.health.value} {view.phase.name}"))
    if view.phase.message:
        yield _label("Message:", " ".join(view.phase.message.split()))
    yield from _image_labels(view.images, paint)


def _labels(view: RolloutView, paint: Paint) -> Iterator[str]:
    summary, replicas = view.summary, view.summary.replicas
    yield _label("Name:", summary.name)
    yield _label("Namespace:", summary.namespace)
    yield _label("Status:", paint.signs(f"{summary.health.value} {summary.phase.name}"))
    if summary.phase.message:
        yield _label("Message:", " ".join(summary.phase.message.split()))
    yield _label("Strategy:", summary.strategy)
    yield from _canary_labels(view)
    yield from _image_labels(view.images, paint)
    yield "Replicas:"
    yield _label("  Desired:", str(replicas.desired))
    yield _label("  Current:", str(replicas.current))
    yield _label("  Updated:", str(replicas.updated))
    yield _label("  Ready:", str(replicas.ready))
    yield _label("  Available:", str(replicas.available))


def _canary_labels(view: RolloutView) -> Iterator[str]:
    if view.summary.set_weight is not None:
        yield _label("  Step:", view.summary.step)
        yield _label("  SetWeight:", str(view.summary.set_weight))
        yield _label("  ActualWeight:", str(view.actual_weight))


def _image_labels(images: Iterable[Image], paint: Paint) -> Iterator[str]:
    for number, image in enumerate(images):
        yield _label("" if number else "Images:", paint.roles(str(image)) if image.tags else image.name)


def _label(label: str, value: str) -> str:
    return f"{label:<{_LABEL}}{value}"


def _rows(node: Node, now: datetime, before: str, below: str) -> Iterator[tuple[str, ...]]:
    """The row of a node and of all below it; ``before`` stands before it, ``below`` before its children."""
    status = f"{node.health.value} {node.status}" if node.health else ""
    yield (f"{before}{node.sign} {node.name}", node.kind, status, age(node.created, now), node.info(now))
    for number, child in enumerate(node.children, 1):
        is_last = number == len(node.children)
        yield from _rows(child, now, below + ("└──" if is_last else "├──"), below + ("   " if is_last else "│  "))
