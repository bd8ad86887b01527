"""The blue-green strategy: what users write."""

from serinus.api.analysis_ref import RolloutAnalysis
from serinus.api.canary import AntiAffinity
from serinus.api.meta import ApiStruct, PodTemplateMeta
from serinus.api.scalar import Int32, IntOrString


class BlueGreenStrategy(ApiStruct, frozen=True):
    """Two full fleets; the active Service is switched from one to the other."""

    active_service: str = ""
    preview_service: str = ""
    preview_replica_count: Int32 | None = None
    auto_promotion_enabled: bool | None = None
    auto_promotion_seconds: Int32 = 0
    max_unavailable: IntOrString | None = None
    scale_down_delay_seconds: Int32 | None = None
    scale_down_delay_revision_limit: Int32 | None = None
    abort_scale_down_delay_seconds: Int32 | None = None
    pre_promotion_analysis: RolloutAnalysis | None = None
    post_promotion_analysis: RolloutAnalysis | None = None
    anti_affinity: AntiAffinity | None = None
    preview_metadata: PodTemplateMeta | None = None
    active_metadata: PodTemplateMeta | None = None
