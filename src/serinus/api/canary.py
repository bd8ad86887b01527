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

    @property
    def seconds(self) -> int | None:
        """The length in seconds; None waits for ``promote``; -1 cannot be read."""
        return None if self.duration is None else pause_seconds(self.duration)


class CanaryScaleStep(ApiStruct, frozen=True):
    """Size the canary on its own, apart from the traffic weight."""

    weight: Int32 | None = None
    replicas: Int32 | None = None
    match_traffic_weight: bool = False


class StringMatch(ApiStruct, frozen=True):
    """How a text is compared: exactly one of the three."""

    exact: str | None = None
    prefix: str | None = None
    regex: str | None = None


class HeaderRoutingMatch(ApiStruct, frozen=True):
    """A header whose requests go to the canary."""

    header_name: str
    header_value: StringMatch | None = None


class HeaderRouteStep(ApiStruct, frozen=True):
    """Send requests with certain headers to the canary; no match removes the route."""

    name: str
    match: tuple[HeaderRoutingMatch, ...] = ()


class MirrorMatch(ApiStruct, frozen=True):
    """Which requests are mirrored: all given parts must match."""

    method: StringMatch | None = None
    path: StringMatch | None = None
    headers: dict[str, StringMatch] = field(default_factory=dict)


class MirrorRouteStep(ApiStruct, frozen=True):
    """Copy requests to the canary; no match removes the route."""

    name: str
    match: tuple[MirrorMatch, ...] = ()
    percentage: Int32 | None = None


class PluginStep(ApiStruct, frozen=True):
    """A step that a plugin carries out."""

    name: str
    config: AnyValue = None


class CanaryStep(ApiStruct, frozen=True):
    """One step: exactly one field is set."""

    set_weight: Int32 | None = None
    pause: PauseStep | None = None
    experiment: ExperimentStep | None = None
    analysis: RolloutAnalysis | None = None
    set_canary_scale: CanaryScaleStep | None = None
    set_header_route: HeaderRouteStep | None = None
    set_mirror_route: MirrorRouteStep | None = None
    plugin: PluginStep | None = None


class PreferredAntiAffinity(ApiStruct, frozen=True):
    """Keep versions on different nodes where that is possible."""

    weight: Int32


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
    value: Int32


class CanaryStrategy(ApiStruct, frozen=True):
    """Shift traffic to the new version step by step."""

    canary_service: str = ""
    stable_service: str = ""
    steps: tuple[CanaryStep, ...] = ()
    traffic_routing: TrafficRouting | None = None
    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None
    analysis: BackgroundAnalysis | None = None
    anti_affinity: AntiAffinity | None = None
    canary_metadata: PodTemplateMeta | None = None
    stable_metadata: PodTemplateMeta | None = None
    scale_down_delay_seconds: Int32 | None = None
    scale_down_delay_revision_limit: Int32 | None = None
    abort_scale_down_delay_seconds: Int32 | None = None
    dynamic_stable_scale: bool = False
    ping_pong: PingPong | None = None
    min_pods_per_replica_set: Int32 | None = None
    replica_progress_threshold: ReplicaProgressThreshold | None = None

    @property
    def max_weight(self) -> int:
        """The weight that means all traffic."""
        routing = self.traffic_routing
        return 100 if routing is None or routing.max_traffic_weight is None else routing.max_traffic_weight
