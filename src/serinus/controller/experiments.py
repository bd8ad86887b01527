"""Experiments: from a key to fleets, runs, a status, and events."""

import logging
from datetime import UTC, datetime
from functools import partial

from serinus.analysis.templates import gathered
from serinus.api.analysis import AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment, ExperimentSpec
from serinus.api.kinds import EXPERIMENT
from serinus.controller.answers import Answers
from serinus.controller.apply import Applier, RejectedError
from serinus.controller.decoding import Malformed
from serinus.controller.freshness import Freshness
from serinus.controller.observe import readable_run
from serinus.controller.recorder import Recorder
from serinus.controller.stores import Stores
from serinus.experiment.decide import plan_experiment, refuse
from serinus.experiment.fleets import service_names
from serinus.kube import Client, Key
from serinus.plan import Plan, Ref, SeenExperiment

log = logging.getLogger(__name__)


class Experiments:
    """Looks at one Experiment at a time."""

    def __init__(self, client: Client, stores: Stores, recorder: Recorder, freshness: Freshness) -> None:
        self._client = client
        self._stores = stores
        self._recorder = recorder
        self._freshness = freshness
        self._answers = Answers()

    async def look_at(self, key: Key) -> None:
        """One turn for one Experiment."""
        found = self._stores.experiments.get(key.namespace, key.name)
        if isinstance(found, Malformed):
            await self._report_malformed(key, found)
        elif found is not None and found.metadata.deletion_timestamp is None:
            await self._advance(key, found)

    async def _advance(self, key: Key, experiment: Experiment) -> None:
        now = datetime.now(UTC)
        plan = plan_experiment(self._seen(experiment), now)
        if plan.why:
            log.debug("%s waits: %s", key, "; ".join(plan.why))
        try:
            await self._apply(key, plan, experiment)
        except RejectedError as no:
            self._answers.file(experiment.metadata.uid, no.ask, no.answer)
            self._stores.queue.add(key)
        if plan.wake is not None:
            self._stores.queue.add_after(key, max(0.001, (plan.wake - now).total_seconds()))

    def _seen(self, experiment: Experiment) -> SeenExperiment:
        namespace, uid = experiment.metadata.namespace, experiment.metadata.uid
        refs = [
            TemplateRef(template_name=item.template_name, cluster_scope=item.cluster_scope)
            for item in experiment.spec.analyses
        ]
        services = {name: self._stores.services.get(namespace, name) for name in service_names(experiment)}
        return SeenExperiment(
            experiment=experiment,
            replica_sets=tuple(self._stores.replica_sets.by("owner", uid)),
            services={name: service for name, service in services.items() if service},
            runs=tuple(readable_run(run) for run in self._stores.runs.by("owner", uid)),
            templates=gathered(refs, partial(self._template, namespace)),
            answers=self._answers.about(uid),
        )

    def _template(self, namespace: str, ref: TemplateRef) -> AnalysisTemplate | None:
        found = self._stores.template(namespace, ref)
        return None if isinstance(found, Malformed) else found

    async def _apply(self, key: Key, plan: Plan, experiment: Experiment) -> None:
        urgent = self._stores.queue.hurries(key)
        applier = Applier(self._client.urgent if urgent else self._client)
        me = Ref(EXPERIMENT, key.namespace, key.name)
        await applier.apply(plan, me, experiment.metadata, partial(self._freshness.wrote, key))
        for event in plan.events:
            self._recorder.record(experiment.metadata, event, EXPERIMENT)

    async def _report_malformed(self, key: Key, found: Malformed) -> None:
        """Tell the user of an Experiment that cannot be read what is wrong with it."""
        conditions = (found.raw.get("status") or {}).get("conditions") or []
        if any(found.error in item.get("message", "") for item in conditions):
            return
        experiment = Experiment(metadata=found.metadata, spec=ExperimentSpec(templates=()))
        await self._apply(key, refuse(experiment, found.error, datetime.now(UTC)), experiment)
