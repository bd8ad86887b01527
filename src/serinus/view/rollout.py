"""The read model of a Rollout: all that any surface shows of it."""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet
from serinus.view import runs
from serinus.view.experiment import ObservedExperiment, experiment_images, experiment_node
from serinus.view.health import Health, of_phase
from serinus.view.image import Image, images_of
from serinus.view.phase import Phase, phase_of
from serinus.view.replicaset import owned_sets, replica_set_node, roles
from serinus.view.tree import Node, by_age
from serinus.view.weight import actual_weight, set_weight, step_text


class Observed(Struct, frozen=True):
    """A Rollout and whatever may belong to it; what does not is left out.

    ReplicaSets belong to the Rollout or to one of its Experiments, pods to a ReplicaSet: owner references decide.
    """

    rollout: Rollout
    replica_sets: tuple[ReplicaSet, ...] = ()
    pods: tuple[Manifest, ...] = ()
    analysis_runs: tuple[Manifest, ...] = ()
    experiments: tuple[Manifest, ...] = ()


class Counts(Struct, frozen=True):
    """Numbers of pods."""

    desired: int
    current: int
    updated: int
    ready: int
    available: int


class Summary(Struct, frozen=True):
    """What the Rollout itself tells: one line of a table.

    ``step`` is empty without steps, ``set_weight`` None for blue-green.
    """

    name: str
    namespace: str
    phase: Phase
    strategy: str
    step: str
    set_weight: int | None
    replicas: Counts

    @property
    def health(self) -> Health:
        """The phase as a sign."""
        return of_phase(self.phase.name)


class RolloutView(Struct, frozen=True):
    """What a Rollout and everything that it owns tell."""

    summary: Summary
    actual_weight: int | None
    images: tuple[Image, ...]
    tree: Node


def summarize(rollout: Rollout) -> Summary:
    """Read a Rollout alone."""
    status = rollout.status
    return Summary(
        name=rollout.name,
        namespace=rollout.metadata.namespace,
        phase=phase_of(rollout),
        strategy=_strategy(rollout),
        step=step_text(rollout),
        set_weight=set_weight(rollout),
        replicas=Counts(
            desired=rollout.replicas,
            current=status.replicas or 0,
            updated=status.updated_replicas or 0,
            ready=status.ready_replicas or 0,
            available=status.available_replicas or 0,
        ),
    )


def view_of(observed: Observed) -> RolloutView:
    """Read a Rollout with all that belongs to it."""
    rollout = observed.rollout
    summary = summarize(rollout)
    owned = owned_sets(observed.replica_sets, rollout.metadata.uid)
    tagged = [(item, roles(rollout, item)) for item in owned]
    return RolloutView(
        summary=summary,
        actual_weight=actual_weight(rollout, owned),
        images=images_of([*tagged, *_experiment_sets(observed)]),
        tree=Node(
            sign="⟳",
            name=rollout.name,
            kind="Rollout",
            status=summary.phase.name,
            health=summary.health,
            created=rollout.metadata.creation_timestamp,
            children=tuple(_revisions(observed, tagged)),
        ),
    )


def _strategy(rollout: Rollout) -> str:
    strategy = rollout.spec.strategy
    if strategy.canary is not None:
        return "Canary"
    return "BlueGreen" if strategy.blue_green is not None else "unknown"


def _revisions(observed: Observed, tagged: list[tuple[ReplicaSet, tuple[str, ...]]]) -> Iterator[Node]:
    """The rows of the revisions, newest first; in each ReplicaSets, then Experiments, then AnalysisRuns."""
    groups: defaultdict[int, list[list[Node]]] = defaultdict(lambda: [[], [], []])
    for item, notes in tagged:
        groups[item.revision][0].append(replica_set_node(item, notes, observed.pods))
    for experiment in _experiments(observed):
        groups[runs.revision_of(experiment.manifest)][1].append(experiment_node(experiment))
    for run in runs.owned_by(observed.analysis_runs, observed.rollout.metadata.uid):
        groups[runs.revision_of(run)][2].append(runs.analysis_run_node(run))
    for number in sorted(groups, reverse=True):
        children = (node for nodes in groups[number] for node in sorted(nodes, key=by_age))
        yield Node(sign="#", name=f"revision:{number}", children=tuple(children))


def _experiments(observed: Observed) -> Iterator[ObservedExperiment]:
    for manifest in runs.owned_by(observed.experiments, observed.rollout.metadata.uid):
        yield ObservedExperiment(manifest, observed.replica_sets, observed.pods, observed.analysis_runs)


def _experiment_sets(observed: Observed) -> Iterator[tuple[ReplicaSet, tuple[str, ...]]]:
    for experiment in _experiments(observed):
        yield from experiment_images(experiment)
