"""Experiments: from a key to fleets, runs, a status, and events."""

from datetime import datetime
from functools import partial

from serinus.analysis.templates import gathered
from serinus.api.analysis import AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment, ExperimentSpec
from serinus.api.kinds import EXPERIMENT
from serinus.controller.decoding import Malformed
from serinus.controller.observe import readable_run
from serinus.controller.turn import Turns
from serinus.experiment.decide import plan_experiment, refuse
from serinus.experiment.fleets import service_names
from serinus.kube import Key
from serinus.plan import Plan, SeenExperiment


class Experiments(Turns[Experiment, SeenExperiment]):
    """Looks at one Experiment at a time."""

    kind = EXPERIMENT

    def observe(self, key: Key, found: Experiment) -> SeenExperiment:
        """Gather everything that the decision about an Experiment may use."""
        namespace, uid = key.namespace, found.metadata.uid
        refs = [
            TemplateRef(template_name=item.template_name, cluster_scope=item.cluster_scope)
            for item in found.spec.analyses
        ]
        services = {name: self._stores.services.get(namespace, name) for name in service_names(found)}
        return SeenExperiment(
            experiment=found,
            replica_sets=tuple(self._stores.replica_sets.by("owner", uid)),
            services={name: service for name, service in services.items() if service},
            runs=tuple(readable_run(run) for run in self._stores.runs.by("owner", uid)),
            templates=gathered(refs, partial(self._template, namespace)),
            answers=self.answers.about(key, uid),
        )

    def plan(self, seen: SeenExperiment, now: datetime) -> Plan:
        """Decide."""
        return plan_experiment(seen, now)

    def refuse(self, found: Malformed, now: datetime) -> Plan | None:
        """What to tell the user of an Experiment that cannot be read."""
        conditions = (found.raw.get("status") or {}).get("conditions") or []
        if any(found.error in item.get("message", "") for item in conditions):
            return None
        experiment = Experiment(metadata=found.metadata, spec=ExperimentSpec(templates=()))
        return refuse(experiment, found.error, now)

    def _template(self, namespace: str, ref: TemplateRef) -> AnalysisTemplate | None:
        found = self._stores.template(namespace, ref)
        return None if isinstance(found, Malformed) else found
