"""How far step plugins are (``status.canary.stepPluginStatuses``), and what they are asked next."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from serinus.api.amounts import parse_duration
from serinus.api.canary import PluginStep
from serinus.api.status import StepPluginStatus
from serinus.plan import Operation, Seen, StepReply, StepRun
from serinus.rollout.fleet import Fleet
from serinus.rollout.progress import Progress

RUNNING, SUCCESSFUL, FAILED, ERROR = "Running", "Successful", "Failed", "Error"
_PATIENCE = 30
"""Seconds until a plugin that runs, or that could not be asked, is asked again."""
_SHORTEST = 10
"""A plugin may wish to be asked again sooner or later, but not sooner than after so many seconds."""

Statuses = tuple[StepPluginStatus, ...]


def carried_on(seen: Seen, fleet: Fleet, progress: Progress, step: PluginStep, now: datetime) -> Progress:
    """Ask the plugin of the step that runs, when it is time, and note what it says; a failure ends the update."""
    index = progress.index or 0
    found = entry(progress.plugins, index)
    if found is not None and found.phase == SUCCESSFUL:
        return progress
    number, last = (found.executions + 1, found.updated_at) if found else (1, None)
    ask = StepRun(index, step.name, "Run", fleet.hash, number, last)
    reply = seen.answers.get(ask)
    if not isinstance(reply, StepReply):
        is_due = found is None or now >= due(found)
        return replace(progress, asks=(*progress.asks, ask)) if is_due else progress
    noted = _noted(found, ask, reply, now)
    progress = replace(progress, plugins=(*(item for item in progress.plugins if item is not found), noted))
    if noted.phase == FAILED:
        return progress.giving_up(f"Step Plugin {index + 1} ({step.name}) failed: {noted.message}", now)
    return progress


def taken_back(seen: Seen, progress: Progress, now: datetime) -> Progress:
    """Have all plugins take back what they have done, the last one first."""
    done = [item for item in progress.plugins if item.operation == "Run" and item.phase in {RUNNING, SUCCESSFUL}]
    return _ended(seen, progress, tuple(reversed(done)), "Abort", now)


def cut_short(seen: Seen, progress: Progress, now: datetime) -> Progress:
    """End plugins that still run although nothing waits for them any more."""
    running = [item for item in progress.plugins if item.operation == "Run" and item.phase == RUNNING]
    return _ended(seen, progress, tuple(running), "Terminate", now)


def remembered(progress: Progress, statuses: Statuses) -> Progress:
    """With what the status says of plugins; a retry after an abort begins without it."""
    is_retry = not progress.is_aborted and any(item.operation == "Abort" for item in statuses)
    return replace(progress, plugins=() if is_retry else statuses)


def entry(statuses: Statuses, index: int, operation: Operation = "Run") -> StepPluginStatus | None:
    """What is noted of a step."""
    return next((item for item in statuses if item.index == index and item.operation == operation), None)


def due(found: StepPluginStatus) -> datetime:
    """When a plugin that is not done is asked again."""
    last = found.updated_at or found.started_at
    assert last is not None
    return last + timedelta(seconds=parse_duration(found.backoff) if found.backoff else _PATIENCE)


def _ended(seen: Seen, progress: Progress, wanted: Statuses, operation: Operation, now: datetime) -> Progress:
    """Ask one after the other; each is asked once, whatever it says."""
    for item in wanted:
        if entry(progress.plugins, item.index, operation):
            continue
        ask = StepRun(item.index, item.name, operation, seen.rollout.status.current_pod_hash, 1, item.updated_at)
        reply = seen.answers.get(ask)
        if not isinstance(reply, StepReply):
            return replace(progress, asks=(*progress.asks, ask))
        noted = _noted(None, ask, reply, now)
        if noted.phase == RUNNING:
            text = f"it still runs, though it was asked to {operation.lower()}"
            noted = replace(
                noted, phase=FAILED, message=noted.message or text, finished_at=noted.updated_at, backoff=""
            )
        progress = replace(progress, plugins=(*progress.plugins, noted))
    return progress


def _noted(found: StepPluginStatus | None, ask: StepRun, reply: StepReply, now: datetime) -> StepPluginStatus:
    moment = now.replace(microsecond=0)
    is_open = reply.phase in {RUNNING, ERROR}
    wish = reply.again_after or 0
    seconds = wish if reply.phase == RUNNING and wish > _SHORTEST else _PATIENCE
    return StepPluginStatus(
        index=ask.index,
        name=ask.plugin,
        operation=ask.operation,
        phase=reply.phase,
        message=reply.message,
        status=reply.state if reply.state is not None or found is None else found.status,
        started_at=found.started_at if found else moment,
        updated_at=moment,
        finished_at=None if is_open else moment,
        backoff=f"{int(seconds)}s" if is_open else "",
        executions=ask.number,
    )
