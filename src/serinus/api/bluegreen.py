"""The blue-green strategy: what users write."""

from serinus.api.analysis_ref import RolloutAnalysis
from serinus.api.canary import AntiAffinity
from serinus.api.meta import ApiStruct, PodTemplateMeta
from serinus.api.scalar import Int32, IntOrString


class BlueGreenStrategy(ApiStruct, frozen=True):
    """Two full fleets; the active Service is switched from one to the other."""

    active_service: str
    """The Service that users reach; it is switched at promotion."""
    preview_service: str = ""
    """The Service that always leads to the newest version."""
    preview_replica_count: Int32 | None = None
    """How many pods of the new version run until promotion; all when absent."""
    auto_promotion_enabled: bool | None = None
    """Switch without asking; when false, wait for ``promote``. True when absent."""
    auto_promotion_seconds: Int32 = 0
    """How long to wait before switching."""
    max_unavailable: IntOrString | None = None
    """How many pods a restart may take away at once, as a number or as 25%."""
    scale_down_delay_seconds: Int32 | None = None
    """How long the old version stays after the switch; 30 when absent."""
    scale_down_delay_revision_limit: Int32 | None = None
    """How many old versions may wait for their scale-down at once."""
    abort_scale_down_delay_seconds: Int32 | None = None
    """How long the new version stays after an abort: 30 when absent; 0 keeps it."""
    pre_promotion_analysis: RolloutAnalysis | None = None
    """What must be good before the switch."""
    post_promotion_analysis: RolloutAnalysis | None = None
    """What must be good after the switch; otherwise the Service is switched back."""
    anti_affinity: AntiAffinity | None = None
    preview_metadata: PodTemplateMeta | None = None
    """Labels and annotations of pods while they are the preview."""
    active_metadata: PodTemplateMeta | None = None
    """Labels and annotations of pods while they are active."""
