"""From a key to ``Seen``: the frozen snapshot that the decision is made of."""

from collections.abc import Iterable

from serinus.analysis.templates import gathered
from serinus.api.analysis import AnalysisRun, AnalysisRunSpec, AnalysisRunStatus, AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment
from serinus.api.kinds import ANALYSIS_RUN
from serinus.api.rollout import WORKLOADS, Rollout
from serinus.api.workload import Foreign
from serinus.controller.decoding import Malformed
from serinus.controller.mirrors import unseen
from serinus.controller.stores import Stores, refs_of, workload_of
from serinus.plan import Answer, Ask, Ref, Seen, Settings
from serinus.rollout.ownership import INHERITED
from serinus.rollout.validate_analysis import asked


def observe(stores: Stores, answers: dict[Ask, Answer], settings: Settings, rollout: Rollout) -> Seen:
    """Gather everything that the decision about a Rollout may use."""
    namespace = rollout.metadata.namespace
    refs, workload = tuple(refs_of(rollout, stores.routers)), workload_of(rollout)
    templates = Templates(stores, rollout)
    objects = _objects(stores, rollout, refs)
    found = {name: stores.services.get(namespace, name) for name in rollout.service_names}
    return Seen(
        rollout=rollout,
        replica_sets=(
            *stores.replica_sets.by("owner", rollout.metadata.uid),
            *stores.replica_sets.by("orphan", namespace),
        ),
        services={name: service for name, service in found.items() if service},
        objects=objects,
        unseen={ref: why for ref in refs if (why := stores.mirrors.unseen(ref))} | _unseen_runs(stores, namespace),
        workload=stores.mirrors.find(workload) if workload else None,
        runs=tuple(readable_run(run) for run in stores.runs.by("owner", rollout.metadata.uid)),
        experiments=tuple(
            item for item in stores.experiments.by("owner", rollout.metadata.uid) if isinstance(item, Experiment)
        ),
        templates=templates.found,
        unreadable=templates.unreadable,
        busy=frozenset(ref for ref, item in objects.items() if _is_busy(stores, rollout, ref, item)),
        answers=answers,
        settings=settings,
    )


class Templates:
    """The templates of a Rollout's analyses, and what is wrong with those that cannot be read."""

    def __init__(self, stores: Stores, rollout: Rollout) -> None:
        self._stores, self._namespace = stores, rollout.metadata.namespace
        self.unreadable: dict[TemplateRef, str] = {}
        self.found = gathered((ref for item in asked(rollout) for ref in item.wanted.templates), self._find)

    def _find(self, ref: TemplateRef) -> AnalysisTemplate | None:
        item = self._stores.template(self._namespace, ref)
        if isinstance(item, Malformed):
            self.unreadable[ref] = item.error
            return None
        return item


def readable_run(run: AnalysisRun | Malformed) -> AnalysisRun:
    """A run as decisions see it; one that cannot be read will never have a better verdict."""
    if isinstance(run, AnalysisRun):
        return run
    status = AnalysisRunStatus(phase="Error", message=run.error)
    return AnalysisRun(metadata=run.metadata, spec=AnalysisRunSpec(metrics=()), status=status)


def _unseen_runs(stores: Stores, namespace: str) -> dict[Ref, str]:
    why = unseen(ANALYSIS_RUN, stores.informers[ANALYSIS_RUN])
    return {Ref(ANALYSIS_RUN, namespace, ""): why} if why else {}


def _objects(stores: Stores, rollout: Rollout, refs: Iterable[Ref]) -> dict[Ref, Foreign]:
    objects = dict(stores.mirrors.owned(rollout.metadata.uid))
    for ref in refs:
        objects |= stores.mirrors.matching(ref)
    # A kind of workload may be mirrored for some Rollout's reference; what this one controls of it is seen elsewhere.
    return {ref: found for ref, found in objects.items() if ref.kind not in WORKLOADS}


def _is_busy(stores: Stores, rollout: Rollout, ref: Ref, item: Foreign) -> bool:
    """Whether the update of another Rollout needs the ownership of fields in an object."""
    if not set(INHERITED) & set(item.managers):
        return False
    others = (user for user in stores.users(ref) if user.metadata.uid != rollout.metadata.uid)
    return any(user.status.is_updating for user in others)
