"""An Experiment and what belongs to it, kept up to date by watches."""

from __future__ import annotations

import msgspec

from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, POD, REPLICA_SET
from serinus.api.workload import ReplicaSet
from serinus.cli.failure import Failure
from serinus.cli.live import Watches, raw_of
from serinus.cli.reading import MADE, is_readable
from serinus.cli.session import Cluster
from serinus.kube import Informer, Object, Store
from serinus.view.experiment import ObservedExperiment

GONE = "the experiment was deleted while it was watched"


class LiveExperiment:
    """Everything that the view of one Experiment needs, as of now."""

    def __init__(self, cluster: Cluster, name: str, *, with_runs: bool) -> None:
        self._place = (cluster.namespace, name)
        client = cluster.client
        self._experiments = Informer(
            client, cluster.path(EXPERIMENT), Store[Object](), field_selector=f"metadata.name={name}"
        )
        self._sets: Informer[ReplicaSet] = Informer(
            client,
            cluster.path(REPLICA_SET),
            Store(),
            decode=msgspec.json.Decoder(ReplicaSet).decode,
            label_selector=MADE,
        )
        self._pods = Informer(client, cluster.path(POD), Store[Object](), label_selector=MADE)
        self._runs = Informer(client, cluster.path(ANALYSIS_RUN), Store[Object]()) if with_runs else None
        self.watches = Watches(self._experiments, self._sets, self._pods, *filter(None, [self._runs]))

    def observed(self) -> ObservedExperiment:
        """What the watches hold; a `Failure` when the Experiment is gone."""
        found = self._experiments.store.get(*self._place)
        if found is None:
            raise Failure(GONE)
        sets = tuple(self._sets.store.values())
        return ObservedExperiment(found.raw, sets, raw_of(self._pods), raw_of(self._runs))


async def open_live_experiment(cluster: Cluster, name: str) -> LiveExperiment:
    """Find out whether an Experiment is there, and what can be watched with it."""
    await cluster.client.get(cluster.path(EXPERIMENT, name))
    return LiveExperiment(cluster, name, with_runs=await is_readable(cluster, ANALYSIS_RUN))
