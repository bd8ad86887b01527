"""The decision about one Rollout."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from serinus.api.kinds import REPLICA_SET
from serinus.api.moments import earliest, earliest_of
from serinus.plan import Created, Event, Plan, Refused, Seen
from serinus.rollout.confirmation import confirmation, held
from serinus.rollout.ephemeral import parts, relabel
from serinus.rollout.events import events_of
from serinus.rollout.fleet import Fleet, adoption_ask, identify
from serinus.rollout.goal import Confirmation, Goal
from serinus.rollout.order import in_safe_order
from serinus.rollout.progress import Progress
from serinus.rollout.report import create_failed, invalid, report, status_patch
from serinus.rollout.restart import restart
from serinus.rollout.shares import undelayed
from serinus.rollout.strategy import strategy_of
from serinus.rollout.troubled import hold
from serinus.rollout.validate import analysis_problem, problem
from serinus.rollout.validate_routing import router_troubles
from serinus.rollout.workload import handover, resolved, workload_problem
from serinus.traffic.router import Router

_RETRY = timedelta(seconds=20)
"""After how long a refused ReplicaSet is tried again: what refuses it (a policy, a quota) may change unseen."""

_ASKED_AGAIN = timedelta(seconds=10)
"""After how long a weight that is not confirmed is asked about again (as Argo Rollouts does)."""


def plan_rollout(seen: Seen, now: datetime, routers: Sequence[Router]) -> Plan:
    """Say what must change for this Rollout to move one safe step forward."""
    if missing := workload_problem(seen):
        return replace(refuse(seen, missing, now), wake=now + _RETRY)
    seen = resolved(seen)
    if wrong := problem(seen, routers):
        return refuse(seen, wrong, now)
    if troubles := router_troubles(seen, routers):
        return hold(seen, now, routers, troubles)
    if (ask := adoption_ask(seen)) and ask not in seen.answers:
        return Plan(asks=(ask,), why=("asking the API how it reads the pod template",))
    fleet = identify(seen)
    if refusal := _refusal(seen, fleet):
        return _refused(seen, refusal, now)
    progress = strategy_of(seen.rollout).advance(seen, fleet, now, routers)
    if not progress.is_aborted and (wrong := analysis_problem(seen)):
        return replace(refuse(seen, wrong, now), wake=now + _RETRY if seen.unseen else None)
    fleet = fleet.promoted if progress.promotion else fleet
    goal, new_size = _goal(seen, fleet, progress, now, routers)
    renewal = restart(seen, fleet, now)
    goal = replace(goal, restarted_at=renewal.restarted_at)
    status, late = report(seen, fleet, goal, now)
    writes = in_safe_order(seen, fleet, goal, routers, new_size)
    labels = relabel(seen, fleet, {write.ref.name for write in writes if write.ref.kind is REPLICA_SET}, now)
    others = handover(seen, fleet, goal.revision, now)
    writes = (*writes, *others.writes, *renewal.evictions, *labels.writes)
    return Plan(
        writes=writes,
        status=status_patch(seen.rollout.status, status),
        events=events_of(seen, fleet, goal, status, writes),
        asks=tuple(dict.fromkeys((*goal.progress.asks, *renewal.asks, *labels.asks, *goal.confirmation.asks))),
        wake=earliest(goal.wake, late, renewal.wake, labels.wake, others.wake),
        why=(*goal.why, *renewal.why),
    )


def refuse(seen: Seen, message: str, now: datetime) -> Plan:
    """Say what is wrong with a Rollout, and touch nothing else."""
    status = invalid(seen.rollout, message, now)
    return Plan(status=status_patch(seen.rollout.status, status), why=(message,))


def _goal(seen: Seen, fleet: Fleet, progress: Progress, now: datetime, routers: Sequence[Router]) -> tuple[Goal, int]:
    strategy = strategy_of(seen.rollout)
    services, unready = strategy.select(seen, fleet, progress)
    traffic = strategy.split(seen, fleet, progress)
    sized = undelayed(seen, fleet, progress, traffic) if traffic else fleet
    new_size, sizes = strategy.size(seen, sized, progress, services, now)
    said = confirmation(seen, fleet, progress, traffic, routers) if traffic else Confirmation()
    kept = held(seen, fleet, sizes, said.doubts or (traffic.kept if traffic else ()), now)
    ends = (aim.deadline for aim in kept.sizes.values() if aim.replicas)
    deadlines = earliest_of(end for end in ends if end and end > now)
    again = now + _ASKED_AGAIN if said.is_asked and said.doubts else None
    goal = Goal(
        progress=progress,
        revision=fleet.revision,
        sizes=kept.sizes,
        services=services,
        traffic=traffic,
        parts=parts(seen.rollout, fleet, progress),
        confirmation=said,
        why=(*progress.why, *unready, *(traffic.why if traffic else ()), *kept.why),
        wake=earliest(progress.wake, deadlines, kept.wake, again, traffic.until if traffic else None),
    )
    return goal, new_size


def _refusal(seen: Seen, fleet: Fleet) -> Refused | None:
    """The API's answer to an earlier attempt to make the new ReplicaSet."""
    if fleet.new is not None:
        return None
    answer = seen.answers.get(Created(f"{seen.rollout.name}-{fleet.hash}"))
    answer = answer or seen.answers.get(adoption_ask(seen) or Created(""))
    return answer if isinstance(answer, Refused) else None


def _refused(seen: Seen, refusal: Refused, now: datetime) -> Plan:
    if refusal.kind == "taken":
        count = (seen.rollout.status.collision_count or 0) + 1
        status = replace(seen.rollout.status, collision_count=count)
        return Plan(status=status_patch(seen.rollout.status, status), why=(refusal.message,))
    if refusal.kind == "failed":
        status = create_failed(seen.rollout, refusal.message, now)
        event = Event("ReplicaSetCreateError", status.conditions[-1].message, "Warning")
        patch = status_patch(seen.rollout.status, status)
        return Plan(status=patch, events=(event,), wake=now + _RETRY, why=(refusal.message,))
    return replace(refuse(seen, f"spec.template: {refusal.message}", now), wake=now + _RETRY)
