"""The decision about one AnalysisRun."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from serinus.analysis.assess import Ending, Results, Standing, assessed, metric_phase, run_standing, summary
from serinus.analysis.course import UNRESOLVED, Course, CourseError, course_of
from serinus.analysis.events import events_of
from serinus.analysis.expiry import expiry
from serinus.analysis.phases import BAD, COMPLETED, ERROR
from serinus.analysis.record import kept, new_result, recorded, terminated, trimmed
from serinus.analysis.report import stamp, status_patch
from serinus.analysis.schedule import begun, continued, due_at, next_number, pending
from serinus.api.analysis import AnalysisRun, AnalysisRunStatus, Metric, MetricResult
from serinus.plan import Ask, Collect, Measure, Measured, Plan, Refused, SeenRun


def plan_run(seen: SeenRun, now: datetime) -> Plan:
    """Say what to measure now, and how the run stands because of what was measured."""
    run, now = seen.run, stamp(now)
    if is_over(run) and not _has_loose_ends(seen):
        return expiry(run, now)
    try:
        course = course_of(run)
    except CourseError as error:
        return refuse(run, str(error), now)
    missing = next((answer for answer in seen.answers.values() if isinstance(answer, Refused)), None)
    if missing is not None:
        return refuse(run, f"{UNRESOLVED}{missing.message}", now)
    return _advance(seen, course, now)


def refuse(run: AnalysisRun, message: str, now: datetime) -> Plan:
    """Say why a run cannot be carried out."""
    if is_over(run):
        return expiry(run, now)
    status = replace(run.status, phase=ERROR, message=message, completed_at=now)
    return Plan(
        status=status_patch(run.status, status),
        events=events_of(run.status, status),
        why=(message,),
    )


def is_over(run: AnalysisRun) -> bool:
    """Whether the verdict is spoken."""
    return run.status.phase in COMPLETED


class _Turn(Struct, frozen=True):
    """What a look at a run has found: the results as they are now, and what the end is like."""

    results: Results
    ending: Ending
    standing: Standing


def _advance(seen: SeenRun, course: Course, now: datetime) -> Plan:
    turn = _look(seen, course)
    status = _report(seen.run, course, turn, now)
    asks, wake = _asks(seen, course, turn, status, now)
    collects = tuple(_collects(course, turn.results))
    return Plan(
        status=status_patch(seen.run.status, status),
        events=events_of(seen.run.status, status),
        asks=(*asks, *collects),
        wake=wake,
        why=tuple(_why(seen, course, wake)),
    )


def _look(seen: SeenRun, course: Course) -> _Turn:
    """Take in what was measured, and assess; a metric that goes bad now ends the others now."""
    run, results = seen.run, _absorbed(seen, course)
    measuring = frozenset(ask.metric for ask in seen.measuring if ask.action == "run")
    told = run.spec.terminate or is_over(run)
    ending = Ending(told or _is_bad(course, results), measuring)
    results = _assessed(course, results, ending)
    if not ending.terminating and _is_bad(course, results):
        ending = replace(ending, terminating=True)
        results = _assessed(course, results, ending)
    return _Turn(results, ending, run_standing(course, results, ending, is_told=run.spec.terminate))


def _absorbed(seen: SeenRun, course: Course) -> Results:
    """The results with what was answered since; an answer to an older state is none to this one."""
    results = {result.name: result for result in seen.run.status.metric_results}
    for metric in course.metrics:
        if found := _answer(seen, metric, results.get(metric.name)):
            ask, answer = found
            result = results.get(metric.name) or new_result(metric.name, is_dry=course.is_dry(metric))
            measurement = terminated(answer.measurement) if ask.action == "terminate" else answer.measurement
            result = replace(result, metadata={**result.metadata, **answer.metadata})
            results[metric.name] = recorded(result, measurement)
    return results


def _answer(seen: SeenRun, metric: Metric, result: MetricResult | None) -> tuple[Measure, Measured] | None:
    asks = (
        continued(metric.name, result, terminating=True),
        continued(metric.name, result, terminating=False),
        begun(metric.name, result) if pending(result) is None else None,
    )
    for ask in asks:
        answer = seen.answers.get(ask) if ask is not None else None
        if ask is not None and isinstance(answer, Measured):
            return ask, answer
    return None


def _assessed(course: Course, results: Results, ending: Ending) -> Results:
    phases = {metric.name: metric_phase(metric, results.get(metric.name), ending) for metric in course.metrics}
    changed = {
        metric.name: assessed(metric, results[metric.name], phases[metric.name], is_dry=course.is_dry(metric))
        for metric in course.metrics
        if metric.name in results
    }
    return {**results, **changed}


def _is_bad(course: Course, results: Results) -> bool:
    """Whether a metric that decides has not succeeded."""
    names = [metric.name for metric in course.metrics if not course.is_dry(metric)]
    return any(results[name].phase in BAD for name in names if name in results)


def _report(run: AnalysisRun, course: Course, turn: _Turn, now: datetime) -> AnalysisRunStatus:
    """The status; a verdict that is spoken stays as it is."""
    known = {metric.name for metric in course.metrics}
    ordered = [turn.results[metric.name] for metric in course.metrics if metric.name in turn.results]
    others = [result for name, result in turn.results.items() if name not in known]
    status = replace(
        run.status,
        metric_results=tuple(trimmed(result, course.retention.get(result.name, 0)) for result in (*ordered, *others)),
        run_summary=summary(course, turn.results, dry=False),
        dry_run_summary=summary(course, turn.results, dry=True) if course.dry else None,
        started_at=run.status.started_at or now,
    )
    if is_over(run):
        return status
    standing = turn.standing
    completed = now if standing.phase in COMPLETED else None
    return replace(status, phase=standing.phase, message=standing.message, completed_at=completed)


def _asks(
    seen: SeenRun, course: Course, turn: _Turn, status: AnalysisRunStatus, now: datetime
) -> tuple[tuple[Measure, ...], datetime | None]:
    """What to measure now, and when to look again."""
    asks, later = [], []
    assert status.started_at is not None
    for metric in course.metrics:
        result = turn.results.get(metric.name)
        if metric_phase(metric, result, turn.ending) in COMPLETED:
            continue
        ask = continued(metric.name, result, terminating=turn.ending.terminating)
        if turn.ending.terminating:
            asks += [ask] if ask is not None else []
            continue
        due = due_at(metric, result, status.started_at)
        if due is not None and due <= now:
            asks.append(ask or begun(metric.name, result))
        elif due is not None:
            later.append(due)
    return tuple(ask for ask in asks if ask not in seen.measuring), min(later, default=None)


def _collects(course: Course, results: Results) -> Iterator[Ask]:
    """What older measurements have left behind goes with them."""
    for metric in course.metrics:
        keep, result = kept(course.retention.get(metric.name, 0)), results.get(metric.name)
        if result is not None and len(result.measurements) > keep:
            yield Collect(metric.name, keep, next_number(result) - 1)


def _why(seen: SeenRun, course: Course, wake: datetime | None) -> Iterator[str]:
    going = {ask.metric for ask in seen.measuring}
    for metric in course.metrics:
        if metric.name in going:
            yield f'metric "{metric.name}" is being measured'
    if wake is not None:
        yield f"the next measurement is due at {wake:%H:%M:%S}"


def _has_loose_ends(seen: SeenRun) -> bool:
    """Whether something of a run whose verdict is spoken still goes on, or has just ended."""
    return bool(seen.answers) or any(pending(result) for result in seen.run.status.metric_results)
