"""What AnalysisRuns and templates are like now, as metrics, in the names of Argo Rollouts.

Most runs of a cluster are long over. They are told of for an hour after their end: a scrape must not take seconds.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from serinus.analysis.phases import ERROR, PENDING
from serinus.api.analysis import AnalysisRun
from serinus.api.analysis import Metric as MetricSpec
from serinus.controller.decoding import Malformed
from serinus.controller.stores import Stores
from serinus.providers.choice import provider_name
from serinus.providers.provider import ProviderError

_NEWS = timedelta(hours=1)
"""How long a run is told of after its end."""
_PLACE = ["namespace", "name"]
_TYPES = {
    "prometheus": "Prometheus",
    "web": "WebMetric",
    "job": "Job",
    "kayenta": "Kayenta",
    "datadog": "Datadog",
    "wavefront": "Wavefront",
    "newRelic": "NewRelic",
    "cloudWatch": "CloudWatch",
    "graphite": "Graphite",
    "influxdb": "Influxdb",
    "skywalking": "SkyWalking",
}
"""How Argo Rollouts' metrics call providers; a plugin is called by its name."""


class AnalysisCollector(Collector):
    """Read from the stores when somebody asks: no series outlives its object. A phase that does not hold has none."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def collect(self) -> Iterator[Metric]:
        """Runs, then templates."""
        yield from self._runs()
        yield from self._templates()

    def _runs(self) -> Iterator[Metric]:
        info = _gauge("analysis_run_info", "AnalysisRuns.", "phase")
        types = _gauge("analysis_run_metric_type", "Metrics of AnalysisRuns.", "metric", "type")
        phases = _gauge("analysis_run_metric_phase", "The phase of each metric.", "metric", "type", "dry_run", "phase")
        oldest = datetime.now(UTC) - _NEWS
        for run in (run for run in self._stores.runs.values() if _is_news(run, oldest)):
            place = [run.metadata.namespace, run.metadata.name]
            info.add_metric([*place, ERROR if isinstance(run, Malformed) else run.status.phase or PENDING], 1)
            for name, kind, dry, phase in _metrics(run):
                types.add_metric([*place, name, kind], 1)
                phases.add_metric([*place, name, kind, dry, phase], 1)
        yield from (info, types, phases)

    def _templates(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("analysis_template_info", "Templates of analyses.", labels=_PLACE)
        metrics = _gauge("analysis_template_metric_info", "Metrics of templates.", "type", "metric")
        for template in (*self._stores.templates.values(), *self._stores.cluster_templates.values()):
            place = [template.metadata.namespace, template.metadata.name]
            info.add_metric(place, 1)
            for metric in () if isinstance(template, Malformed) else template.spec.metrics:
                metrics.add_metric([*place, _type(metric), metric.name], 1)
        yield from (info, metrics)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=[*_PLACE, *labels])


def _is_news(run: AnalysisRun | Malformed, oldest: datetime) -> bool:
    """Whether a run goes on, or has ended lately."""
    return isinstance(run, Malformed) or run.status.completed_at is None or run.status.completed_at > oldest


def _metrics(run: AnalysisRun | Malformed) -> Iterator[tuple[str, str, str, str]]:
    """Name, type, whether it never decides, and phase of each metric of a run."""
    if isinstance(run, Malformed):
        return
    for metric in run.spec.metrics:
        found = run.status.result(metric.name)
        dry = "true" if found is not None and found.dry_run else "false"
        yield metric.name, _type(metric), dry, found.phase if found is not None else PENDING


def _type(metric: MetricSpec) -> str:
    try:
        name = provider_name(metric.provider)
    except ProviderError:
        return "Unknown"
    return _TYPES.get(name, name)
