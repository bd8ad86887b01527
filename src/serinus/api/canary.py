"""The canary strategy and its steps: what users write."""

from msgspec import field

from serinus.api.amounts import pause_seconds
from serinus.api.analysis_ref import BackgroundAnalysis, ExperimentStep, RolloutAnalysis
from serinus.api.meta import ApiStruct, PodTemplateMeta
from serinus.api.routing import TrafficRouting
from serinus.api.scalar import AnyValue, Int32, IntOrString


class PauseStep(ApiStruct, frozen=True):
    """Wait: for a time, or for a person."""

    duration: IntOrString | None = None
    """How long, in seconds or as in ``5m``; until ``promote`` when absent."""

    @property
    def seconds(self) -> int | None:
        """The length in seconds; None waits for ``promote``; -1 cannot be read."""
        return None if self.duration is None else pause_seconds(self.duration)


class CanaryScaleStep(ApiStruct, frozen=True):
    """Size the canary on its own, apart from the traffic weight.

    Of several fields, ``matchTrafficWeight`` counts first, then ``replicas``; with none, the traffic weight does.
    """

    weight: Int32 | None = None
    """The canary's share of ``spec.replicas``, in percent (or of ``maxTrafficWeight``)."""
    replicas: Int32 | None = None
    """The canary's number of pods."""
    match_traffic_weight: bool = False
    """Follow the traffic weight again."""


class StringMatch(ApiStruct, frozen=True):
    """How a text is compared: exactly one of the three."""

    exact: str | None = None
    prefix: str | None = None
    regex: str | None = None


class HeaderRoutingMatch(ApiStruct, frozen=True):
    """A header whose requests go to the canary."""

    header_name: str
    header_value: StringMatch


class HeaderRouteStep(ApiStruct, frozen=True):
    """Send requests with certain headers to the canary; no match removes the route."""

    name: str = ""
    """The route; it must be one of ``trafficRouting.managedRoutes``."""
    match: tuple[HeaderRoutingMatch, ...] = ()


class MirrorMatch(ApiStruct, frozen=True):
    """Which requests are mirrored: all given parts must match."""

    method: StringMatch | None = None
    path: StringMatch | None = None
    headers: dict[str, StringMatch] = field(default_factory=dict)


class MirrorRouteStep(ApiStruct, frozen=True):
    """Copy requests to the canary; no match removes the route."""

    name: str
    """The route; it must be one of ``trafficRouting.managedRoutes``."""
    match: tuple[MirrorMatch, ...] = ()
    percentage: Int32 | None = None
    """The share of the matching requests that is copied; 100 when absent."""


class PluginStep(ApiStruct, frozen=True):
    """A step that a plugin carries out."""

    name: str
    config: AnyValue = None
    """What the plugin is told; its own matter."""


class CanaryStep(ApiStruct, frozen=True):
    """One step: exactly one field is set."""

    set_weight: Int32 | None = None
    """The share of traffic that goes to the canary, in percent (or of ``maxTrafficWeight``)."""
    pause: PauseStep | None = None
    experiment: ExperimentStep | None = None
    """Run an experiment and go on when it is successful."""
    analysis: RolloutAnalysis | None = None
    """Run an analysis and go on when it is successful; abort when it fails."""
    set_canary_scale: CanaryScaleStep | None = None
    set_header_route: HeaderRouteStep | None = None
    set_mirror_route: MirrorRouteStep | None = None
    plugin: PluginStep | None = None


class PreferredAntiAffinity(ApiStruct, frozen=True):
    """Keep versions on different nodes where that is possible."""

    weight: Int32
    """From 1 to 100: how much it counts against other wishes."""


class RequiredAntiAffinity(ApiStruct, frozen=True):
    """Keep versions on different nodes, or do not start."""


class AntiAffinity(ApiStruct, frozen=True):
    """Whether new and stable pods may share a node: exactly one of the two."""

    preferred_during_scheduling_ignored_during_execution: PreferredAntiAffinity | None = None
    required_during_scheduling_ignored_during_execution: RequiredAntiAffinity | None = None


class PingPong(ApiStruct, frozen=True):
    """Two Services that swap the roles of stable and canary."""

    ping_service: str
    pong_service: str


class ReplicaProgressThreshold(ApiStruct, frozen=True):
    """How many of the new pods must be available for a step to go on."""

    type: str
    """What the value is: Percent or Pods."""
    value: Int32


class CanaryStrategy(ApiStruct, frozen=True):
    """Shift traffic to the new version step by step."""

    canary_service: str = ""
    """The Service that leads to the canary alone."""
    stable_service: str = ""
    """The Service that leads to the stable version alone."""
    steps: tuple[CanaryStep, ...] = ()
    """What happens one after the other; without steps it is a rolling update."""
    traffic_routing: TrafficRouting | None = None
    """Who splits the traffic; without it, the number of pods does."""
    max_unavailable: IntOrString | None = None
    """How many pods may be missing during an update, as a number or as 25% (the default)."""
    max_surge: IntOrString | None = None
    """How many pods may be too many during an update, as a number or as 25% (the default)."""
    analysis: BackgroundAnalysis | None = None
    """What must stay good during the whole update."""
    anti_affinity: AntiAffinity | None = None
    canary_metadata: PodTemplateMeta | None = None
    """Labels and annotations of pods while they are the canary."""
    stable_metadata: PodTemplateMeta | None = None
    """Labels and annotations of pods while they are stable."""
    scale_down_delay_seconds: Int32 | None = None
    """How long old pods stay after promotion, with traffic routing; 30 when absent."""
    scale_down_delay_revision_limit: Int32 | None = None
    """How many old versions may wait for their scale-down at once."""
    abort_scale_down_delay_seconds: Int32 | None = None
    """How long the canary stays after an abort, with traffic routing: 30 when absent.

    0 leaves it to ``setCanaryScale``: as the first step it keeps its pods, without it they go.
    """
    dynamic_stable_scale: bool = False
    """Let the stable version shrink as its traffic goes to the canary."""
    ping_pong: PingPong | None = None
    min_pods_per_replica_set: Int32 | None = None
    """The least number of pods of a version that has any, with traffic routing."""
    replica_progress_threshold: ReplicaProgressThreshold | None = None

    @property
    def max_weight(self) -> int:
        """The weight that means all traffic."""
        routing = self.traffic_routing
        return 100 if routing is None or routing.max_traffic_weight is None else routing.max_traffic_weight
