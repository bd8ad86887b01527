"""The mirrors of the cluster, and what a change in one of them means."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from msgspec.structs import replace

from serinus.api import keys
from serinus.api.analysis import AnalysisRun, AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment
from serinus.api.kinds import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    CLUSTER_ANALYSIS_TEMPLATE,
    EXPERIMENT,
    GROUP_VERSION,
    INGRESS,
    REPLICA_SET,
    ROLLOUT,
    SERVICE,
    Kind,
)
from serinus.api.meta import ObjectMeta
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign, ReplicaSet, Service
from serinus.controller.decoding import (
    Malformed,
    decode_cluster_template,
    decode_experiment,
    decode_rollout,
    decode_run,
    decode_template,
    typed,
)
from serinus.controller.mirrors import Mirrors, known, owner
from serinus.controller.settings import ControllerSettings
from serinus.experiment.fleets import service_names
from serinus.kube import Client, Informer, Key, Queue, Store
from serinus.plan import Ref
from serinus.traffic.router import Router

_SETTLE_SECONDS = 0.1
"""Pods of one version come and go in bursts: counts that change within this time are looked at once."""
_OWNERS = {ROLLOUT.kind, EXPERIMENT.kind}
_BAD_ENDS = {"Failed", "Error", "Inconclusive"}


class Stores:
    """Mirrors of every kind that decisions read.

    Changes turn into keys of the Rollouts that they concern: by owner, by the names that a Rollout uses.
    """

    def __init__(self, client: Client, queue: Queue[Key], routers: Iterable[Router], settings: ControllerSettings):
        self.queue = queue
        self.impatient: set[Key] = set()
        """Urgent keys that wait for a watch to bring our own last write back: its news is urgent, too."""
        self.deleted: dict[Key, ObjectMeta] = {}
        """Rollouts that are gone, until somebody has told of it."""
        self.routers = tuple(routers)
        self.rollouts: Store[Rollout | Malformed] = Store(
            {
                "service": _service_names,
                "object": self._object_refs,
                "analysed": _analysed,
            }
        )
        self.replica_sets: Store[ReplicaSet] = Store({"owner": owner, "orphan": _orphan})
        self.services: Store[Service] = Store()
        self.runs: Store[AnalysisRun | Malformed] = Store({"owner": owner})
        self.experiments: Store[Experiment | Malformed] = Store({"owner": owner, "service": _fleet_services})
        self.templates: Store[AnalysisTemplate | Malformed] = Store()
        self.cluster_templates: Store[AnalysisTemplate | Malformed] = Store()
        self.mirrors = Mirrors(client, queue, settings.namespace, self._object_changed)
        informer, shard = partial(_informer, client, settings.namespace), _shard(settings)
        self.informers: dict[Kind, Informer] = {  # type: ignore[type-arg]
            ROLLOUT: informer(ROLLOUT, self.rollouts, decode_rollout, self._rollout_changed, shard),
            REPLICA_SET: informer(
                REPLICA_SET, self.replica_sets, typed(ReplicaSet), self._set_changed, keys.POD_TEMPLATE_HASH
            ),
            SERVICE: informer(SERVICE, self.services, typed(Service), self._service_changed),
            ANALYSIS_RUN: informer(ANALYSIS_RUN, self.runs, decode_run, self._run_changed, shard),
            EXPERIMENT: informer(EXPERIMENT, self.experiments, decode_experiment, self._experiment_changed, shard),
            ANALYSIS_TEMPLATE: informer(
                ANALYSIS_TEMPLATE, self.templates, decode_template, self._template_changed, shard
            ),
        }
        if not settings.namespace:  # a controller of one namespace has no rights beyond it
            self.informers[CLUSTER_ANALYSIS_TEMPLATE] = informer(
                CLUSTER_ANALYSIS_TEMPLATE,
                self.cluster_templates,
                decode_cluster_template,
                self._template_changed,
                shard,
            )
        # Watched whether or not a Rollout names one: a canary Ingress must be found when its routing was taken out.
        self.ingresses = self.mirrors.watch(INGRESS, settings.namespace)

    async def filled(self) -> None:
        """Wait until all is known that decisions need; analysis may be missing, or none of our business."""
        required = [self.informers[kind] for kind in (ROLLOUT, REPLICA_SET, SERVICE)]
        for informer in (*required, self.ingresses):
            await informer.settled.wait()
        for informer in self.informers.values():
            await known(informer)

    def store(self, ref: Ref) -> Store[Any] | None:
        """The mirror that an object is in."""
        informer = self.informers.get(ref.kind)
        return informer.store if informer else self.mirrors.store(ref)

    def template(self, namespace: str, ref: TemplateRef) -> AnalysisTemplate | Malformed | None:
        """The template that a reference in a namespace means."""
        store = self.cluster_templates if ref.cluster_scope else self.templates
        return store.get("" if ref.cluster_scope else namespace, ref.template_name)

    def is_ready(self, key: Key, rollout: Rollout) -> bool:
        """Whether all that a Rollout names can be looked for; if not, its key is added when it can."""
        return self.mirrors.are_ready(refs_of(rollout, self.routers), key)

    def users(self, ref: Ref) -> list[Rollout]:
        """The Rollouts that name an object of a traffic layer, or its kind, and are not on their way out."""
        found = [item for name in (ref.name, "") for item in self.rollouts.by("object", str(replace(ref, name=name)))]
        return [item for item in found if isinstance(item, Rollout) and item.metadata.deletion_timestamp is None]

    def everyone(self) -> Iterator[Key]:
        """The keys of all objects that are served."""
        for kind in (ROLLOUT, ANALYSIS_RUN, EXPERIMENT):
            for namespace, name in self.informers[kind].store.places():
                yield Key(kind.kind, namespace, name)

    def _rollout_changed(self, old: Rollout | Malformed | None, new: Rollout | Malformed | None) -> None:
        meta = (new or old).metadata  # type: ignore[union-attr]
        key = Key(ROLLOUT.kind, meta.namespace, meta.name)
        self.deleted.pop(key, None)
        if new is None:
            self.deleted[key] = meta
        self.queue.add(key, urgent=_is_urgent(old, new) or key in self.impatient)
        for name in _left(old, new):
            self.queue.add(Key(SERVICE.kind, meta.namespace, name))
        for ref in self._left_objects(old, new):
            self.queue.add(Key(ref.kind.full_name, ref.namespace, ref.name))

    def _set_changed(self, old: ReplicaSet | None, new: ReplicaSet | None) -> None:
        meta = (new or old).metadata  # type: ignore[union-attr]
        is_count = old is not None and new is not None and old.metadata.generation == new.metadata.generation
        is_only_count = is_count and old.metadata.annotations == new.metadata.annotations  # type: ignore[union-attr]
        for key in self._keys_of_owner(meta) or self._keys_of_namespace(meta):
            if is_only_count:
                self.queue.add_after(key, _SETTLE_SECONDS)
            else:
                self.queue.add(key)

    def _run_changed(self, old: AnalysisRun | Malformed | None, new: AnalysisRun | Malformed | None) -> None:
        """Whoever made a run looks when it is there, gone, or stands otherwise; at once when it ended badly."""
        meta = (new or old).metadata  # type: ignore[union-attr]
        own = Key(ANALYSIS_RUN.kind, meta.namespace, meta.name)
        self.queue.add(own, urgent=_is_terminated(old, new) or own in self.impatient)
        if _standing(old) != _standing(new):
            is_urgent = isinstance(new, AnalysisRun) and new.status.phase in _BAD_ENDS
            for key in self._keys_of_owner(meta):
                self.queue.add(key, urgent=is_urgent)

    def _experiment_changed(self, old: Experiment | Malformed | None, new: Experiment | Malformed | None) -> None:
        """Whoever made an Experiment looks when it is there, gone, or stands otherwise; at once when it ended badly."""
        meta = (new or old).metadata  # type: ignore[union-attr]
        self.queue.add(Key(EXPERIMENT.kind, meta.namespace, meta.name), urgent=_is_terminated(old, new))
        if _standing(old) != _standing(new):
            is_urgent = isinstance(new, Experiment) and new.status.phase in _BAD_ENDS
            for key in self._keys_of_owner(meta):
                self.queue.add(key, urgent=is_urgent)

    def _template_changed(
        self, old: AnalysisTemplate | Malformed | None, new: AnalysisTemplate | Malformed | None
    ) -> None:
        """A Rollout may wait for a template, or for one that its templates name."""
        meta = (new or old).metadata  # type: ignore[union-attr]
        kind = ANALYSIS_TEMPLATE if meta.namespace else CLUSTER_ANALYSIS_TEMPLATE
        if self.informers[kind].synced.is_set():  # before that nothing has been decided without it
            self._enqueue(self.rollouts.by("analysed", meta.namespace))

    def _service_changed(self, old: Service | None, new: Service | None) -> None:
        meta = (new or old).metadata  # type: ignore[union-attr]
        self._enqueue(self.rollouts.by("service", f"{meta.namespace}/{meta.name}"))
        for item in self.experiments.by("service", f"{meta.namespace}/{meta.name}"):
            self.queue.add(Key(EXPERIMENT.kind, item.metadata.namespace, item.metadata.name))
        if new is not None and keys.MANAGED_BY in new.metadata.annotations:
            self.queue.add(Key(SERVICE.kind, meta.namespace, meta.name))

    def _object_changed(self, kind: Kind, old: Foreign | None, new: Foreign | None) -> None:
        meta = (new or old).metadata  # type: ignore[union-attr]
        for key in self._keys_of_owner(meta):
            self.queue.add(key)
        for name in (meta.name, ""):
            self._enqueue(self.rollouts.by("object", str(Ref(kind, meta.namespace, name))))
        if new is not None and _has_traces(new):
            self.queue.add(Key(kind.full_name, meta.namespace, meta.name))

    def _left_objects(self, old: Rollout | Malformed | None, new: Rollout | Malformed | None) -> set[Ref]:
        """The objects of traffic layers that a Rollout does not use any more."""
        if old is not None and new is not None and old.metadata.generation == new.metadata.generation:
            return set()
        after = set(refs_of(new, self.routers)) if new is not None else set()
        for ref in after:
            self.mirrors.watch(ref.kind, ref.namespace)
        before = set(refs_of(old, self.routers)) if old is not None else set()
        return set() if isinstance(new, Malformed) else before - after

    def _enqueue(self, rollouts: Iterable[Rollout | Malformed]) -> None:
        for item in rollouts:
            self.queue.add(Key(ROLLOUT.kind, item.metadata.namespace, item.metadata.name))

    def _keys_of_owner(self, meta: ObjectMeta) -> list[Key]:
        owner = meta.controller
        if owner is None or owner.kind not in _OWNERS or owner.api_version != GROUP_VERSION:
            return []
        return [Key(owner.kind, meta.namespace, owner.name)]

    def _keys_of_namespace(self, meta: ObjectMeta) -> list[Key]:
        """An orphan may belong to any Rollout beside it."""
        if meta.controller is not None:
            return []
        return [Key(ROLLOUT.kind, meta.namespace, item.metadata.name) for item in self.rollouts.values(meta.namespace)]

    def _object_refs(self, rollout: Rollout | Malformed) -> Iterable[str]:
        return (str(ref) for ref in refs_of(rollout, self.routers))


def refs_of(rollout: Rollout | Malformed, routers: Iterable[Router]) -> Iterator[Ref]:
    """The objects of other people's kinds that a Rollout names: of traffic layers, and its workload."""
    if isinstance(rollout, Rollout) and (ref := workload_of(rollout)):
        yield ref
    canary = rollout.spec.strategy.canary if isinstance(rollout, Rollout) else None
    routing = canary.traffic_routing if canary else None
    if routing is not None and isinstance(rollout, Rollout):
        for router in routers:
            if router.serves(routing):
                yield from router.reads(rollout)


def workload_of(rollout: Rollout) -> Ref | None:
    """The workload that a Rollout takes its pod template from."""
    named = rollout.spec.workload_ref
    return Ref(named.referred, rollout.metadata.namespace, named.name) if named and named.referred else None


def _left(old: Rollout | Malformed | None, new: Rollout | Malformed | None) -> set[str]:
    """The Services that a Rollout does not use any more."""
    before = old.service_names if isinstance(old, Rollout) else ()
    after = new.service_names if isinstance(new, Rollout) else ()
    return set() if isinstance(new, Malformed) else set(before) - set(after)


def _informer(  # noqa: PLR0913, PLR0917 - what an informer is made of
    client: Client,
    namespace: str,
    kind: Kind,
    store: Store,  # type: ignore[type-arg]
    decode: Callable[[bytes], object],
    on_change: Callable[..., None],
    label_selector: str = "",
) -> Informer:  # type: ignore[type-arg]
    return Informer(
        client, kind.path(namespace), store, decode=decode, on_change=on_change, label_selector=label_selector
    )


def _shard(settings: ControllerSettings) -> str:
    """Which Rollouts are ours: those with our instance id, or, without one, those that have none."""
    instance = settings.plan.instance_id
    return f"{keys.INSTANCE_ID}={instance}" if instance else f"!{keys.INSTANCE_ID}"


def _service_names(rollout: Rollout | Malformed) -> Iterable[str]:
    if isinstance(rollout, Malformed):
        return ()
    return (f"{rollout.metadata.namespace}/{name}" for name in rollout.service_names)


def _analysed(rollout: Rollout | Malformed) -> Iterable[str]:
    """The namespaces whose templates a Rollout may use; "" are the cluster's."""
    strategy = rollout.spec.strategy if isinstance(rollout, Rollout) else None
    canary, blue_green = (strategy.canary, strategy.blue_green) if strategy else (None, None)
    is_analysed = canary is not None and (
        canary.analysis is not None or any(step.analysis or step.experiment for step in canary.steps)
    )
    if blue_green is not None and (blue_green.pre_promotion_analysis or blue_green.post_promotion_analysis):
        is_analysed = True
    return (rollout.metadata.namespace, "") if is_analysed else ()


def _standing(item: AnalysisRun | Experiment | Malformed | None) -> tuple[str, str] | None:
    """What the owner of a run, or of an Experiment, repeats of it."""
    if item is None or isinstance(item, Malformed):
        return None if item is None else ("Error", item.error)
    return item.status.phase, item.status.message


def _is_terminated(
    old: AnalysisRun | Experiment | Malformed | None, new: AnalysisRun | Experiment | Malformed | None
) -> bool:
    """Whether somebody has just asked for the end."""
    if old is None or new is None or isinstance(old, Malformed) or isinstance(new, Malformed):
        return False
    return new.spec.terminate and not old.spec.terminate


def _has_traces(item: Foreign) -> bool:
    """Whether we may have left something in an object of somebody else."""
    is_noted = any(note.startswith(keys.NOTES) for note in item.metadata.annotations)
    return item.metadata.controller is None and (is_noted or keys.FIELD_MANAGER in item.managers)


def _fleet_services(experiment: Experiment | Malformed) -> Iterable[str]:
    if isinstance(experiment, Malformed):
        return ()
    return (f"{experiment.metadata.namespace}/{name}" for name in service_names(experiment))


def _orphan(item: ReplicaSet) -> Iterable[str]:
    return () if item.metadata.controller else (item.metadata.namespace,)


def _is_urgent(old: Rollout | Malformed | None, new: Rollout | Malformed | None) -> bool:
    """Whether a person asked for something: an abort, a promotion, the end of a pause."""
    if not isinstance(old, Rollout) or not isinstance(new, Rollout):
        return False
    before, after = old.status, new.status
    return (
        (after.abort and after.aborted_at is None)
        or (after.promote_full and not before.promote_full)
        or (bool(before.pauses) and not after.pauses and after.controller_pause)  # we end both ourselves
        or old.spec.paused != new.spec.paused
    )
