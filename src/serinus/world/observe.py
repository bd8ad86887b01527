"""From the objects of the world to what a decision sees."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from serinus.api.analysis import AnalysisRun, AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment
from serinus.api.kinds import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    CLUSTER_ANALYSIS_TEMPLATE,
    EXPERIMENT,
    INGRESS,
    REPLICA_SET,
    SERVICE,
)
from serinus.api.meta import LabelSelector, ObjectMeta
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign, ReplicaSet, Service
from serinus.plan import Answer, Ask, Ref, Seen, SeenExperiment, Settings
from serinus.world.planner import Planner
from serinus.world.server import Server


def observe(server: Server, ref: Ref, planner: Planner, answers: Mapping[Ask, Answer], settings: Settings) -> Seen:
    """What the controller of a Rollout sees at this moment."""
    rollout = msgspec.convert(server.read(ref), Rollout)
    return Seen(
        rollout=rollout,
        replica_sets=tuple(_replica_sets(server, rollout)),
        services=_services(server, rollout),
        objects=_objects(server, rollout, planner.reads(rollout)),
        runs=tuple(_runs(server, rollout.metadata)),
        experiments=tuple(_experiments(server, rollout.metadata)),
        templates=dict(_templates(server, rollout.metadata.namespace)),
        workload=_workload(server, rollout),
        answers=dict(answers),
        settings=settings,
    )


def observe_experiment(server: Server, ref: Ref, answers: Mapping[Ask, Answer]) -> SeenExperiment:
    """What the controller of an Experiment sees at this moment."""
    experiment = msgspec.convert(server.read(ref), Experiment)
    sets = [msgspec.convert(item, ReplicaSet) for _, item in server.list(REPLICA_SET, ref.namespace)]
    services = [msgspec.convert(item, Service) for _, item in server.list(SERVICE, ref.namespace)]
    return SeenExperiment(
        experiment=experiment,
        replica_sets=tuple(item for item in sets if item.metadata.is_controlled_by(experiment.metadata)),
        services={item.metadata.name: item for item in services},
        runs=tuple(_runs(server, experiment.metadata)),
        templates=dict(_templates(server, ref.namespace)),
        answers=dict(answers),
    )


def foreign(manifest: Manifest) -> Foreign:
    """An object of somebody else's kind."""
    return Foreign(metadata=msgspec.convert(manifest["metadata"], ObjectMeta), raw=manifest)


def _replica_sets(server: Server, rollout: Rollout) -> list[ReplicaSet]:
    sets = [msgspec.convert(item, ReplicaSet) for _, item in server.list(REPLICA_SET, rollout.metadata.namespace)]
    return [item for item in sets if _is_concerned(item, rollout)]


def _is_concerned(item: ReplicaSet, rollout: Rollout) -> bool:
    if item.metadata.controller is not None:
        return item.metadata.is_controlled_by(rollout.metadata)
    return (rollout.spec.selector or LabelSelector()).matches(item.metadata.labels)


def _services(server: Server, rollout: Rollout) -> dict[str, Service]:
    found = {name: server.find(Ref(SERVICE, rollout.metadata.namespace, name)) for name in rollout.service_names}
    return {name: msgspec.convert(item, Service) for name, item in found.items() if item}


def _runs(server: Server, owner: ObjectMeta) -> Iterator[AnalysisRun]:
    for _, item in server.list(ANALYSIS_RUN, owner.namespace):
        run = msgspec.convert(item, AnalysisRun)
        if run.metadata.is_controlled_by(owner):
            yield run


def _experiments(server: Server, owner: ObjectMeta) -> Iterator[Experiment]:
    for _, item in server.list(EXPERIMENT, owner.namespace):
        experiment = msgspec.convert(item, Experiment)
        if experiment.metadata.is_controlled_by(owner):
            yield experiment


def _templates(server: Server, namespace: str) -> Iterator[tuple[TemplateRef, AnalysisTemplate]]:
    """All that there are: more than a Rollout names."""
    for kind, scope in ((ANALYSIS_TEMPLATE, namespace), (CLUSTER_ANALYSIS_TEMPLATE, "")):
        for ref, item in server.list(kind, scope):
            key = TemplateRef(template_name=ref.name, cluster_scope=not kind.namespaced)
            yield key, msgspec.convert(item, AnalysisTemplate)


def _workload(server: Server, rollout: Rollout) -> Foreign | None:
    named = rollout.spec.workload_ref
    kind = named.referred if named else None
    found = server.find(Ref(kind, rollout.metadata.namespace, named.name)) if named and kind else None
    return foreign(found) if found else None


def _objects(server: Server, rollout: Rollout, reads: Sequence[Ref]) -> dict[Ref, Foreign]:
    named = {ref: item for ref in reads if ref.name and (item := server.find(ref))}
    for ref in (ref for ref in reads if not ref.name):
        named |= server.list(ref.kind, ref.namespace)
    for ref, item in server.list(INGRESS, rollout.metadata.namespace):
        owners = item["metadata"].get("ownerReferences") or []
        if any(owner["uid"] == rollout.metadata.uid and owner.get("controller") for owner in owners):
            named[ref] = item
    return {ref: foreign(item) for ref, item in named.items()}
