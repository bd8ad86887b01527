"""The read model of an Experiment, alone or below its Rollout."""

from collections.abc import Iterator

from msgspec import Struct

from serinus.api import keys
from serinus.api.amounts import pause_seconds
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet
from serinus.view import runs
from serinus.view.health import Health, of_phase
from serinus.view.image import Image, images_of
from serinus.view.moment import created_of, read_moment
from serinus.view.phase import Phase
from serinus.view.replicaset import owned_sets, replica_set_node
from serinus.view.tree import Node, by_age

_COMPLETED = {"Successful", "Failed", "Error", "Inconclusive"}


class ObservedExperiment(Struct, frozen=True):
    """An Experiment, as plain data, and whatever may belong to it; owner references decide what does."""

    manifest: Manifest
    replica_sets: tuple[ReplicaSet, ...] = ()
    pods: tuple[Manifest, ...] = ()
    analysis_runs: tuple[Manifest, ...] = ()

    @property
    def uid(self) -> str:
        """How owner references name it."""
        return str(self.manifest["metadata"].get("uid", ""))


class ExperimentView(Struct, frozen=True):
    """What an Experiment and everything that it owns tell."""

    name: str
    namespace: str
    phase: Phase
    images: tuple[Image, ...]
    tree: Node

    @property
    def health(self) -> Health:
        """The phase as a sign."""
        return of_phase(self.phase.name)


class Span(Struct, frozen=True):
    """How long an Experiment runs; both are None where it has no end, or none that can be read.

    ``deadline`` (seconds since the epoch) is None, too, while it has not begun and once it is over.
    """

    seconds: float | None = None
    deadline: float | None = None


def view_of_experiment(observed: ObservedExperiment) -> ExperimentView:
    """Read an Experiment with all that belongs to it."""
    metadata, status = observed.manifest["metadata"], observed.manifest.get("status") or {}
    return ExperimentView(
        name=metadata["name"],
        namespace=metadata.get("namespace", ""),
        phase=Phase(runs.phase_text(observed.manifest), status.get("message") or ""),
        images=images_of(experiment_images(observed)),
        tree=experiment_node(observed),
    )


def experiment_node(observed: ObservedExperiment) -> Node:
    """The row of an Experiment above its ReplicaSets and AnalysisRuns."""
    phase = runs.phase_text(observed.manifest)
    sets = (replica_set_node(item, (), observed.pods) for item in owned_sets(observed.replica_sets, observed.uid))
    analyses = map(runs.analysis_run_node, runs.owned_by(observed.analysis_runs, observed.uid))
    return Node(
        sign="Σ",
        name=observed.manifest["metadata"]["name"],
        kind="Experiment",
        status=phase,
        health=of_phase(phase),
        created=created_of(observed.manifest),
        children=(*sorted(sets, key=by_age), *sorted(analyses, key=by_age)),
    )


def experiment_images(observed: ObservedExperiment) -> Iterator[tuple[ReplicaSet, tuple[str, ...]]]:
    """Its ReplicaSets, each tagged with the template that it was made of."""
    for item in owned_sets(observed.replica_sets, observed.uid):
        template = item.metadata.annotations.get(keys.EXPERIMENT_TEMPLATE, "")
        yield item, (f"Σ:{template}",) if template else ()


def span_of(experiment: Manifest) -> Span:
    """How long an Experiment runs, and until when."""
    duration = (experiment.get("spec") or {}).get("duration")
    seconds = pause_seconds(duration) if isinstance(duration, int | str) and duration != "" else -1
    if seconds < 0:
        return Span()
    status = experiment.get("status") or {}
    begun = read_moment(status.get("availableAt"))
    if begun is None or status.get("phase") in _COMPLETED:
        return Span(seconds)
    return Span(seconds, begun.timestamp() + seconds)
