"""The status, built once per decision."""

from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from serinus.api import keys, podhash
from serinus.api.conditions import Conditions, Said, find, put
from serinus.api.meta import LabelSelector
from serinus.api.moments import earliest
from serinus.api.patches import exact_difference
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.status import BlueGreenStatus, RolloutStatus
from serinus.plan import Seen
from serinus.rollout.conditions import (
    ABORTED,
    INVALID,
    PROGRESSING,
    TIMED_OUT,
    Change,
    may_time_out,
    settle,
    timeout_at,
)
from serinus.rollout.duration import duration_of
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal
from serinus.rollout.pingpong import stable_name
from serinus.rollout.target import canary_of
from serinus.rollout.weights import unhurried, weights_of
from serinus.rollout.workload import generation


def report(seen: Seen, fleet: Fleet, goal: Goal, now: datetime) -> tuple[RolloutStatus, datetime | None]:
    """The whole status, and when it wants another look."""
    rollout, progress = seen.rollout, goal.progress
    weights, in_effect = weights_of(seen, fleet, goal, now)
    status = replace(
        rollout.status,
        abort=progress.is_aborted,
        aborted_at=progress.aborted_at,
        pause_conditions=progress.pauses or None,
        controller_pause=progress.controller_pause,
        promote_full=progress.promote_full,
        current_pod_hash=fleet.hash,
        current_step_hash="" if is_blue_green(rollout) else podhash.steps_hash(canary_of(rollout).steps),
        current_step_index=progress.index,
        stable_rs=progress.stable_hash,
        observed_generation=str(rollout.metadata.generation),
        workload_observed_generation=generation(seen),
        restarted_at=goal.restarted_at,
        canary=replace(
            rollout.status.canary,
            current_step_analysis_run_status=progress.runs.step,
            current_background_analysis_run_status=progress.runs.background,
            step_plugin_statuses=progress.plugins,
            current_experiment=progress.trial.name,
            weights=weights,
            stable_ping_pong=stable_name(rollout, progress.stable_hash),
        ),
        blue_green=_blue_green(seen, goal),
        **_counts(seen, fleet, goal),
    )
    change = Change(rollout, fleet, goal, status, now, progress.abort_message)
    status = _given_up(replace(status, conditions=settle(change)), now)
    status = replace(status, duration=duration_of(rollout, fleet, progress, status, now))
    phase, message = phase_of(rollout, status)
    late = timeout_at(status.conditions, rollout.progress_deadline) if may_time_out(change) else None
    # One second more: the condition's time is cut to whole seconds.
    is_open = not change.is_healthy and late is not None
    wake = datetime.fromtimestamp(late + 1, UTC) if is_open and late is not None else None
    return unhurried(seen, fleet, goal, replace(status, phase=phase, message=message)), earliest(wake, in_effect)


def _given_up(status: RolloutStatus, now: datetime) -> RolloutStatus:
    """The status with the abort that its conditions tell of: an update that is late may be given up by them."""
    is_told = any(item.reason == ABORTED for item in status.conditions)
    if status.abort or not is_told:
        return status
    return replace(status, abort=True, aborted_at=now.replace(microsecond=0), pause_conditions=None)


def phase_of(rollout: Rollout, status: RolloutStatus) -> tuple[str, str]:
    """Phase and message; the first rule that applies wins (their order is the interface)."""
    for condition in status.conditions:
        if condition.type == INVALID:
            return "Degraded", f"InvalidSpec: {condition.message}"
        if condition.reason in {ABORTED, TIMED_OUT}:
            return "Degraded", f"{condition.reason}: {condition.message}"
    if rollout.spec.paused:
        return "Paused", "manually paused"
    if status.pauses:
        return "Paused", status.pauses[0].reason
    message = _unfinished(rollout, status)
    return ("Progressing", message) if message else ("Healthy", "")


def _unfinished(rollout: Rollout, status: RolloutStatus) -> str:
    updated, available = status.updated_replicas or 0, status.available_replicas or 0
    if rollout.spec.restart_at is not None and rollout.spec.restart_at != status.restarted_at:
        return "rollout is restarting"
    if updated < rollout.replicas:
        return "more replicas need to be updated"
    if available < updated:
        return "updated replicas are still becoming available"
    if is_blue_green(rollout):
        return _unfinished_blue_green(rollout, status)
    if canary_of(rollout).traffic_routing is None and (status.replicas or 0) > updated:
        return "old replicas are pending termination"
    if not status.stable_rs or status.stable_rs != status.current_pod_hash:
        return "waiting for all steps to complete"
    return ""


def _unfinished_blue_green(rollout: Rollout, status: RolloutStatus) -> str:
    strategy, blue_green = rollout.spec.strategy.blue_green, status.blue_green
    current = status.current_pod_hash
    if not blue_green.active_selector or blue_green.active_selector != current:
        return "active service cutover pending"
    if status.stable_rs and status.stable_rs == current:
        return ""
    post = blue_green.post_promotion_analysis_run_status
    is_analysed = strategy is not None and strategy.post_promotion_analysis is not None
    if is_analysed and (post is None or post.status in {"", "Pending", "Running"}):
        return "waiting for analysis to complete"
    return "waiting for post-promotion verification to complete"


def status_patch(old: RolloutStatus, new: RolloutStatus) -> Manifest:
    """The merge patch between two statuses; empty when they are equal."""
    return exact_difference(to_builtins(old), to_builtins(new))


def _counts(seen: Seen, fleet: Fleet, goal: Goal) -> dict[str, Any]:
    """Pods of all versions; those that serve are, with blue-green, the active version's alone."""
    everyone, selector = fleet.all, seen.rollout.spec.selector or LabelSelector()
    replicas = sum(item.status.replicas for item in everyone)
    counted, label = everyone, {}
    if is_blue_green(seen.rollout):
        active = _blue_green(seen, goal).active_selector
        counted = tuple(item for item in everyone if item.hash == active) or everyone
        label = {keys.POD_TEMPLATE_HASH: active} if active else {}
    return {
        "replicas": replicas,
        "updated_replicas": fleet.new.status.replicas if fleet.new else 0,
        "ready_replicas": sum(item.status.ready_replicas for item in counted),
        "available_replicas": sum(item.available for item in counted),
        "hpa_replicas": sum(item.status.replicas for item in counted),
        "selector": str(replace(selector, match_labels=selector.match_labels | label)),
    }


def _blue_green(seen: Seen, goal: Goal) -> BlueGreenStatus:
    """Where the two Services lead, once the plan is carried out."""
    strategy, old = seen.rollout.spec.strategy.blue_green, seen.rollout.status.blue_green
    if strategy is None:
        return BlueGreenStatus()

    def hash_of(name: str) -> str:
        service = seen.services.get(name)
        return goal.services.get(name) or (service.hash if service else "")

    return replace(
        old,
        active_selector=hash_of(strategy.active_service),
        preview_selector=hash_of(strategy.preview_service),
        scale_up_preview_check_point=goal.progress.is_previewed,
        pre_promotion_analysis_run_status=goal.progress.runs.pre_promotion,
        post_promotion_analysis_run_status=goal.progress.runs.post_promotion,
    )


def is_blue_green(rollout: Rollout) -> bool:
    """Whether the Rollout goes by blue-green."""
    return rollout.spec.strategy.blue_green is not None


def invalid(rollout: Rollout, message: str, now: datetime) -> RolloutStatus:
    """The status of a Rollout that cannot be carried out; all else stays as it was."""
    text = f'The Rollout "{rollout.name}" is invalid: {message}'
    conditions = _invalid_conditions(rollout.status.conditions, text, now)
    status = replace(rollout.status, conditions=conditions, observed_generation=str(rollout.metadata.generation))
    phase, phase_message = phase_of(rollout, status)
    return replace(status, phase=phase, message=phase_message)


def create_failed(rollout: Rollout, message: str, now: datetime) -> RolloutStatus:
    """The status of a Rollout whose new ReplicaSet cannot be made for now, as by a quota."""
    hash_ = podhash.template_hash(rollout.spec.template or {}, rollout.status.collision_count)
    text = f'Failed to create new replica set "{rollout.name}-{hash_}": {message}'
    said = Said(PROGRESSING, "False", "ReplicaSetCreateError", text)
    conditions = put(rollout.status.conditions, said, now)
    status = replace(rollout.status, conditions=conditions, observed_generation=str(rollout.metadata.generation))
    phase, phase_message = phase_of(rollout, status)
    return replace(status, phase=phase, message=phase_message)


def _invalid_conditions(conditions: Conditions, text: str, now: datetime) -> Conditions:
    old = find(conditions, INVALID)
    if old is not None and old.message == text:
        return conditions
    said = Said(INVALID, "True", INVALID, text)
    return put(conditions, said, now, refresh=True)
