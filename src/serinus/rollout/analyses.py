"""The analyses that an update hangs on: which run counts, what it says, and when another one begins.

The status names the run that counts. One that it does not name counts only while it has no verdict and measures
exactly what is wanted: it was begun by a decision whose status did not arrive.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from serinus.analysis.build import run_spec
from serinus.analysis.naming import find_run, free_name
from serinus.analysis.templates import BuildError
from serinus.api import keys
from serinus.api.analysis import AnalysisRun, AnalysisRunSpec
from serinus.api.analysis_ref import RolloutAnalysis, RunMetadata
from serinus.api.kinds import ANALYSIS_RUN
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.status import RunStatus
from serinus.plan import Event, Seen
from serinus.rollout.arguments import arguments
from serinus.rollout.fleet import Fleet
from serinus.rollout.progress import INCONCLUSIVE, Progress, Runs

Place = Literal["step", "background", "pre_promotion", "post_promotion"]

_TYPES: dict[Place, str] = {
    "step": "Step",
    "background": "Background",
    "pre_promotion": "PrePromotion",
    "post_promotion": "PostPromotion",
}
_FAILURES: dict[Place, str] = {
    "step": "Step-based analysis phase error/failed",
    "background": "Background analysis phase error/failed",
    "pre_promotion": "Blue/green pre-promotion analysis phase error/failed",
    "post_promotion": "Blue/green post-promotion analysis phase error/failed",
}


class Hook(Struct, frozen=True):
    """A place in an update at which an analysis hangs."""

    place: Place
    wanted: RolloutAnalysis
    suffix: str = ""
    """How the names of its runs end."""
    is_due: bool = True
    """Whether it is time to begin."""


def step_hook(index: int, wanted: RolloutAnalysis) -> Hook:
    """The analysis of a canary step."""
    return Hook("step", wanted, str(index))


def background_hook(wanted: RolloutAnalysis, *, is_due: bool) -> Hook:
    """The analysis beside the steps of a canary."""
    return Hook("background", wanted, is_due=is_due)


def pre_promotion_hook(wanted: RolloutAnalysis, *, is_due: bool) -> Hook:
    """The analysis before the switch of blue-green."""
    return Hook("pre_promotion", wanted, "pre", is_due)


def post_promotion_hook(wanted: RolloutAnalysis, *, is_due: bool) -> Hook:
    """The analysis after the switch of blue-green."""
    return Hook("post_promotion", wanted, "post", is_due)


def consult(seen: Seen, fleet: Fleet, progress: Progress, hook: Hook, now: datetime) -> Progress:
    """Heed the run of a hook; begin one where there is none and it is time, unless the update is held.

    A run that failed gives the update up, and one without a clear verdict pauses it.
    """
    if progress.is_aborted or getattr(progress.runs, hook.place) is not None:
        return progress  # it was asked in this decision already
    found = _counting(seen, fleet, progress, hook)
    if found is not None:
        return _heeded(_noted(seen, progress, hook, found), hook, found, now)
    if hook.is_due and fleet.new is not None and not progress.is_halted:
        return _begun(seen, fleet, progress, hook)
    return progress


def kept(seen: Seen, progress: Progress) -> Runs:
    """What the status tells of blue-green's runs, brought up to date, with what this decision has found."""
    status = seen.rollout.status.blue_green
    if _is_forgotten(seen, progress):
        return progress.runs
    pre, post = status.pre_promotion_analysis_run_status, status.post_promotion_analysis_run_status
    return replace(
        progress.runs,
        pre_promotion=progress.runs.pre_promotion or (_standing(seen, pre) if pre else None),
        post_promotion=progress.runs.post_promotion or (_standing(seen, post) if post else None),
    )


def _counting(seen: Seen, fleet: Fleet, progress: Progress, hook: Hook) -> RunStatus | None:
    """How the run stands that counts for a hook; None where none does."""
    old = None if _is_forgotten(seen, progress) else _recorded(seen.rollout, hook.place)
    if old is None or not _is_named(old.name, _name(seen.rollout, fleet, hook)):
        return None
    is_paused = any(item.reason == INCONCLUSIVE for item in seen.rollout.status.pauses)
    if old.status == "Inconclusive" and not is_paused:
        return None  # somebody has said "go on": it is measured once more
    if find_run(seen.runs, old.name) is None and old.status != "Successful":
        return None
    return _standing(seen, old)


def _is_forgotten(seen: Seen, progress: Progress) -> bool:
    """Whether verdicts that are recorded concern another version, or an attempt that was given up."""
    status = seen.rollout.status
    is_retried = status.aborted_at is not None and not status.abort
    return progress.is_fresh or is_retried


def _recorded(rollout: Rollout, place: Place) -> RunStatus | None:
    canary, blue_green = rollout.status.canary, rollout.status.blue_green
    recorded: dict[Place, RunStatus | None] = {
        "step": canary.current_step_analysis_run_status,
        "background": canary.current_background_analysis_run_status,
        "pre_promotion": blue_green.pre_promotion_analysis_run_status,
        "post_promotion": blue_green.post_promotion_analysis_run_status,
    }
    return recorded[place]


def _standing(seen: Seen, old: RunStatus) -> RunStatus:
    """How a run stands; of one that is gone, the last that is known."""
    run = find_run(seen.runs, old.name)
    return _status_of(run) if run else old


def _status_of(run: AnalysisRun) -> RunStatus:
    return RunStatus(name=run.name, status=run.status.phase, message=run.status.message)


def _noted(seen: Seen, progress: Progress, hook: Hook, run: RunStatus) -> Progress:
    runs = replace(progress.runs, **{hook.place: run})
    return replace(progress, runs=runs).told(*_told(seen.rollout, hook.place, run))


def _told(rollout: Rollout, place: Place, run: RunStatus) -> Iterator[Event]:
    old = _recorded(rollout, place)
    if run.status and (old is None or (old.name == run.name and old.status != run.status)):
        before = "NoPreviousStatus" if old is None else old.status
        text = f"{_TYPES[place]} Analysis Run '{run.name}' Status New: '{run.status}' Previous: '{before}'"
        is_bad = run.status in {"Failed", "Error"}
        yield Event(f"AnalysisRun{run.status}", text, "Warning" if is_bad else "Normal")


def _heeded(progress: Progress, hook: Hook, run: RunStatus, now: datetime) -> Progress:
    if run.status in {"Failed", "Error"}:
        text = _FAILURES[hook.place]
        return progress.giving_up(f"{text}: {run.message}" if run.message else text, now)
    if run.status == "Inconclusive":
        return progress.halting(INCONCLUSIVE, now)
    return progress


def _begun(seen: Seen, fleet: Fleet, progress: Progress, hook: Hook) -> Progress:
    rollout = seen.rollout
    try:
        values = arguments(hook.wanted.args, rollout, stable=progress.stable_hash, latest=fleet.hash)
        spec = run_spec(hook.wanted, tuple(values), seen.templates)
    except BuildError as error:
        return progress.waiting(f"the analysis cannot begin: {error}")
    name, found = free_name(_name(rollout, fleet, hook), spec, seen.runs, seen.answers)
    if found is not None:
        return _noted(seen, progress, hook, _status_of(found))
    made = _manifest(rollout, fleet, hook, name, spec)
    runs = replace(progress.runs, made=(*progress.runs.made, made), **{hook.place: RunStatus(name=name, status="")})
    return replace(progress, runs=runs)


def _name(rollout: Rollout, fleet: Fleet, hook: Hook) -> str:
    return "-".join(filter(None, (rollout.name, fleet.hash, str(fleet.revision), hook.suffix)))


def _is_named(name: str, wanted: str) -> bool:
    """Whether a run is one of a name, or one of those that were made because the name was taken."""
    return name.startswith(wanted) and re.fullmatch(r"(\.\d+)?", name[len(wanted) :]) is not None


def _manifest(rollout: Rollout, fleet: Fleet, hook: Hook, name: str, spec: AnalysisRunSpec) -> Manifest:
    wanted, instance = hook.wanted.analysis_run_metadata or RunMetadata(), rollout.metadata.labels.get(keys.INSTANCE_ID)
    labels = {
        keys.POD_TEMPLATE_HASH: fleet.hash,
        keys.ROLLOUT_TYPE: _TYPES[hook.place],
        **({keys.STEP_INDEX: hook.suffix} if hook.place == "step" else {}),
        **({keys.INSTANCE_ID: instance} if instance else {}),
    }
    selected = rollout.spec.selector.match_labels if rollout.spec.selector else {}
    return {
        "apiVersion": ANALYSIS_RUN.api_version,
        "kind": ANALYSIS_RUN.kind,
        "metadata": {
            "name": name,
            "namespace": rollout.metadata.namespace,
            "labels": labels | wanted.labels | selected,
            "annotations": {keys.REVISION: str(fleet.revision)} | wanted.annotations,
            "ownerReferences": [rollout.owner_reference],
        },
        "spec": to_builtins(spec),
    }
