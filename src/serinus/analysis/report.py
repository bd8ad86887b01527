"""From one status of a run to the next: the patch."""

from datetime import datetime
from typing import Any

import msgspec

from serinus.api.analysis import AnalysisRunStatus
from serinus.api.patches import exact_difference


def status_patch(before: AnalysisRunStatus, after: AnalysisRunStatus) -> dict[str, Any]:
    """The merge patch of the status; empty when nothing changes."""
    return exact_difference(msgspec.to_builtins(before), msgspec.to_builtins(after))


def stamp(moment: datetime) -> datetime:
    """A moment as the status keeps it: in milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
