"""How long an update takes, and how much of it people wait (``status.duration``).

Scaling never touches it. An update that was under way before anything was counted is not counted.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from serinus.api.rollout import Rollout
from serinus.api.status import DurationStatus, RolloutStatus
from serinus.rollout.fleet import Fleet
from serinus.rollout.progress import BLUE_GREEN_PAUSE, CANARY_PAUSE, INCONCLUSIVE, Progress
from serinus.rollout.rollback import is_back
from serinus.rollout.target import canary_of

PROMOTED, FAST_PROMOTED, ABORTED = "Promoted", "FastPromoted", "Aborted"
ROLLED_BACK, FAST_ROLLED_BACK = "RolledBack", "FastRolledBack"


def duration_of(
    rollout: Rollout, fleet: Fleet, progress: Progress, status: RolloutStatus, now: datetime
) -> DurationStatus | None:
    """What the status says of it after a decision; ``status`` is the rest of that."""
    moment = now.replace(microsecond=0)
    found = _begun(rollout, fleet, progress, moment)
    if found is None or found.finished_at is not None:
        return found
    if progress.promotion == "Full promotion requested":
        found = replace(found, completion_status=found.completion_status or FAST_PROMOTED)
    found = _waited(found, _is_waiting(rollout, status), moment)
    if status.abort:
        return replace(_waited(found, False, moment), finished_at=moment, completion_status=ABORTED)
    available = fleet.new.available if fleet.new else -1
    if status.stable_rs == fleet.hash and available >= rollout.replicas:
        found = _waited(found, False, moment)
        return replace(found, finished_at=moment, completion_status=found.completion_status or PROMOTED)
    return found


def _begun(rollout: Rollout, fleet: Fleet, progress: Progress, moment: datetime) -> DurationStatus | None:
    """The count that goes on, or one that begins; going back is a part of what it takes back."""
    old, way_back = rollout.status.duration, _way_back(fleet, progress)
    if progress.is_fresh:
        if old is not None and old.finished_at is None and way_back:
            return replace(old, completion_status=way_back)
        return DurationStatus(rollout_started_at=moment, completion_status=way_back)
    is_retry = old is not None and old.completion_status == ABORTED and not progress.is_aborted
    return DurationStatus(rollout_started_at=moment) if is_retry else old


def _way_back(fleet: Fleet, progress: Progress) -> str:
    """How an update that leads back ends; empty for one that leads forward."""
    if fleet.is_settled or progress.rollback:
        return FAST_ROLLED_BACK if fleet.new is not None else ""
    return ROLLED_BACK if is_back(fleet) else ""


def _waited(found: DurationStatus, is_waiting: bool, moment: datetime) -> DurationStatus:
    """The count with a wait begun, going on, or ended."""
    since = found.manual_pause_started_at
    if is_waiting:
        return found if since else replace(found, manual_pause_started_at=moment)
    if since is None:
        return found
    total = found.total_manual_pause_duration_seconds + max(0, (moment - since) // timedelta(seconds=1))
    return replace(found, manual_pause_started_at=None, total_manual_pause_duration_seconds=total)


def _is_waiting(rollout: Rollout, status: RolloutStatus) -> bool:
    """Whether a person must say how it goes on."""
    reasons = {item.reason for item in status.pauses}
    blue_green = rollout.spec.strategy.blue_green
    if rollout.spec.paused or INCONCLUSIVE in reasons:
        return True
    if blue_green is not None:
        return BLUE_GREEN_PAUSE in reasons and blue_green.auto_promotion_enabled is False
    steps, index = canary_of(rollout).steps, status.current_step_index
    pause = steps[index].pause if index is not None and index < len(steps) else None
    return CANARY_PAUSE in reasons and pause is not None and pause.seconds is None
