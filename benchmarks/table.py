"""Figures for people."""

from collections.abc import Iterator

from benchmarks.figures import Spread
from benchmarks.fleet import FleetFigures
from benchmarks.reaction import ReactionFigures
from benchmarks.verdict import VerdictFigures

Row = tuple[str, str]


def lines(figures: FleetFigures | ReactionFigures | VerdictFigures) -> Iterator[str]:
    """A title, then one line per figure."""
    title, rows = _table(figures)
    yield title
    width = max(len(name) for name, _ in rows)
    yield from (f"  {name:<{width}}  {value}" for name, value in rows)


def _table(figures: FleetFigures | ReactionFigures | VerdictFigures) -> tuple[str, list[Row]]:
    match figures:
        case FleetFigures():
            return _fleet(figures)
        case ReactionFigures():
            return _reaction(figures)
        case VerdictFigures(rollback_ms=rollback_ms):
            rows = [("rollback by itself", _milliseconds(rollback_ms))]
            return "verdict: from the failing measurement's end to the canary's weight gone", rows


def _fleet(found: FleetFigures) -> tuple[str, list[Row]]:
    healthy = found.healthy_s
    rows = [
        ("all Healthy after", f"{found.all_healthy_s:.1f} s"),
        ("each Healthy after", f"p50 {healthy.p50:.1f} s, p99 {healthy.p99:.1f} s, max {healthy.max:.1f} s"),
        ("API writes per Rollout", f"{found.writes:.2f}, Events among them {found.events:.2f}"),
        ("API calls per Rollout", f"{found.calls:.2f}"),
        *((f"  {call}", f"{count:.2f}") for call, count in found.detail.items() if count >= 0.01),
        ("CPU per Rollout", f"{found.cpu_ms:.1f} ms"),
        ("CPU when idle", f"{found.idle_cpu_percent:.1f} % of a core"),
        ("memory when idle, peak", f"{found.idle_mb:.0f} MB, {found.peak_mb:.0f} MB"),
    ]
    return f"fleet: {found.rollouts} Rollouts updated at once", rows


def _reaction(found: ReactionFigures) -> tuple[str, list[Row]]:
    rows = [
        ("promote", _milliseconds(found.promote_ms)),
        ("abort", _milliseconds(found.abort_ms)),
        (f"promote while {found.others} others roll", _milliseconds(found.busy_promote_ms)),
        (f"abort while {found.others} others roll", _milliseconds(found.busy_abort_ms)),
        ("  the API's answer to the request alone", _milliseconds(found.busy_request_ms)),
        ("others still rolling at the end", str(found.still_rolling)),
    ]
    return "reaction: from the request to the changed weight", rows


def _milliseconds(spread: Spread) -> str:
    return f"p50 {spread.p50:.0f} ms, max {spread.max:.0f} ms ({spread.count} times)"
