"""Where a metric is measured: the configuration of each metric provider.

Every text may hold ``{{args.name}}``, which is replaced before the provider is asked.
"""

from msgspec import field

from serinus.api.analysis_ref import RunMetadata
from serinus.api.meta import ApiStruct
from serinus.api.scalar import AnyValue, Int64, IntOrString, Preserved


class Header(ApiStruct, frozen=True):
    """One HTTP header of a request."""

    key: str
    value: str


class BasicAuth(ApiStruct, frozen=True):
    """User name and password (RFC 7617); take both from Secrets, through arguments."""

    username: str = ""
    password: str = ""


class OAuth2(ApiStruct, frozen=True):
    """A token by the client credentials grant (RFC 6749, section 4.4)."""

    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scopes: tuple[str, ...] = ()


class SigV4(ApiStruct, frozen=True):
    """Requests signed for AWS (Signature Version 4)."""

    region: str = ""
    profile: str = ""
    role_arn: str = ""


class Authentication(ApiStruct, frozen=True):
    """How requests prove who sends them."""

    basic_auth: BasicAuth | None = None
    oauth2: OAuth2 | None = None
    sigv4: SigV4 | None = None


class RangeQuery(ApiStruct, frozen=True):
    """A query over a span of time."""

    start: str = ""
    """An expression that gives the first moment, as in ``now() - duration("5m")``."""
    end: str = ""
    """An expression that gives the last moment, as in ``now()``."""
    step: str = ""
    """The time between two points, such as ``1m``."""


class PrometheusMetric(ApiStruct, frozen=True):
    """A PromQL query; the result is a list of numbers, or one number for a scalar."""

    address: str = ""
    """The server, such as ``http://prometheus.monitoring:9090``; the controller has a default for it."""
    query: str = ""
    timeout: Int64 | None = None
    """Seconds that the query may take; 30 when absent."""
    insecure: bool = False
    """Do not verify the server's certificate."""
    headers: tuple[Header, ...] = ()
    range_query: RangeQuery | None = None
    authentication: Authentication | None = None


class WebMetric(ApiStruct, frozen=True):
    """An HTTP request; the result is a value out of the JSON that comes back."""

    url: str
    method: str = ""
    """GET (when absent), POST or PUT."""
    headers: tuple[Header, ...] = ()
    body: str = ""
    """The body of a POST or PUT as text; either this or ``jsonBody``."""
    json_body: AnyValue = None
    """The body of a POST or PUT as JSON; either this or ``body``."""
    timeout_seconds: Int64 = 0
    """Seconds that the request may take; 10 when absent."""
    json_path: str = ""
    """Where in the reply the result is, such as ``{$.data.ok}``; the whole reply when absent."""
    insecure: bool = False
    """Do not verify the server's certificate."""
    authentication: Authentication | None = None


class JobMetric(ApiStruct, frozen=True):
    """A Kubernetes Job; its success or failure is the measurement."""

    spec: Preserved
    """What the Job is (``batch/v1``, JobSpec)."""
    metadata: RunMetadata | None = None


class KayentaThreshold(ApiStruct, frozen=True):
    """The scores from which a canary passes, or is at least inconclusive."""

    # ``pass`` is a keyword of Python, hence the trailing underscore.
    pass_: Int64 = field(name="pass")
    marginal: Int64


class KayentaScopeDetail(ApiStruct, frozen=True):
    """One side of a comparison: which series, and from when to when."""

    scope: str
    region: str
    step: Int64
    start: str = ""
    end: str = ""


class KayentaScope(ApiStruct, frozen=True):
    """What is compared with what."""

    name: str
    control_scope: KayentaScopeDetail
    experiment_scope: KayentaScopeDetail


class KayentaMetric(ApiStruct, frozen=True):
    """A canary analysis of Spinnaker's Kayenta; the result is its score."""

    address: str
    application: str
    canary_config_name: str
    metrics_account_name: str
    configuration_account_name: str
    storage_account_name: str
    threshold: KayentaThreshold
    scopes: tuple[KayentaScope, ...]
    lookback: bool = False


class DatadogSecretRef(ApiStruct, frozen=True):
    """The Secret with the keys ``api-key``, ``app-key`` and ``address``."""

    name: str = ""
    namespaced: bool = False
    """Look for it beside the AnalysisRun instead of beside the controller."""


class DatadogMetric(ApiStruct, frozen=True):
    """A Datadog query, or several queries and a formula."""

    api_version: str = ""
    """v1 (when absent) or v2."""
    interval: str = ""
    """How far the query looks back; ``5m`` when absent."""
    query: str = ""
    """The one query; either this or ``queries``."""
    queries: dict[str, str] = field(default_factory=dict)
    """Queries by name (v2); either this or ``query``."""
    formula: str = ""
    """How the named queries are combined (v2)."""
    aggregator: str = ""
    """How points become one number (v2); ``last`` when absent."""
    request_timeout: str = ""
    """How long a request may take; ``10s`` when absent."""
    secret_ref: DatadogSecretRef | None = None


class WavefrontMetric(ApiStruct, frozen=True):
    """A Wavefront query."""

    address: str = ""
    query: str = ""


class NewRelicMetric(ApiStruct, frozen=True):
    """A New Relic query (NRQL)."""

    query: str
    profile: str = ""
    """The Secret with the account; ``newrelic`` when absent."""
    timeout: Int64 | None = None
    """Seconds that the query may take; 5 when absent."""


class CloudWatchDimension(ApiStruct, frozen=True):
    """One name and value that picks a metric."""

    name: str = ""
    value: str = ""


class CloudWatchStatMetric(ApiStruct, frozen=True):
    """A metric by its namespace, name and dimensions."""

    dimensions: tuple[CloudWatchDimension, ...] = ()
    metric_name: str = ""
    namespace: str | None = None


class CloudWatchStat(ApiStruct, frozen=True):
    """A statistic of a metric over a period."""

    metric: CloudWatchStatMetric | None = None
    period: IntOrString | None = None
    """Seconds of one point."""
    stat: str = ""
    unit: str = ""


class CloudWatchQuery(ApiStruct, frozen=True):
    """One query: an expression or a statistic."""

    id: str = ""
    expression: str | None = None
    label: str | None = None
    metric_stat: CloudWatchStat | None = None
    period: IntOrString | None = None
    """Seconds of one point."""
    return_data: bool | None = None
    """Whether the result holds this query; yes when absent."""


class CloudWatchMetric(ApiStruct, frozen=True):
    """Queries to Amazon CloudWatch."""

    metric_data_queries: tuple[CloudWatchQuery, ...]
    interval: str = ""
    """How far the queries look back; ``5m`` when absent."""


class GraphiteMetric(ApiStruct, frozen=True):
    """A Graphite query; the result is a list of numbers."""

    address: str = ""
    query: str = ""
    """The query string of the render API, as in ``target=summarize(…)&from=-5min``."""


class InfluxdbMetric(ApiStruct, frozen=True):
    """An InfluxDB query (Flux); the result is a list of values."""

    profile: str = ""
    """The Secret with the keys ``address``, ``authToken`` and ``org``; ``influxdb`` when absent."""
    query: str = ""


class SkyWalkingMetric(ApiStruct, frozen=True):
    """A SkyWalking query (GraphQL)."""

    address: str = ""
    query: str = ""
    interval: str = ""
    """How far the query looks back; ``5m`` when absent."""


class MetricProvider(ApiStruct, frozen=True):
    """Who measures: exactly one of them is set."""

    prometheus: PrometheusMetric | None = None
    kayenta: KayentaMetric | None = None
    web: WebMetric | None = None
    datadog: DatadogMetric | None = None
    wavefront: WavefrontMetric | None = None
    new_relic: NewRelicMetric | None = None
    job: JobMetric | None = None
    cloud_watch: CloudWatchMetric | None = None
    graphite: GraphiteMetric | None = None
    influxdb: InfluxdbMetric | None = None
    skywalking: SkyWalkingMetric | None = None
    plugin: dict[str, AnyValue] = field(default_factory=dict)
    """The configuration of one plugin, under the plugin's name."""
