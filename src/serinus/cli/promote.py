"""``promote``: end a pause, skip steps, or skip everything."""

from dataclasses import dataclass, field
from typing import Any

import click

from serinus.api.rollout import Rollout
from serinus.cli.arguments import one_rollout
from serinus.cli.failure import Failure
from serinus.cli.flags import Command
from serinus.cli.patches import patch, patch_status
from serinus.cli.reading import read_rollout
from serinus.cli.session import Cluster, run

_UNPAUSED = {"paused": False}


@dataclass(frozen=True)
class Promotion:
    """What is written: parts of the status, then parts of the spec."""

    status: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)


@click.command(cls=Command)
@one_rollout
@click.option("--full", is_flag=True, help="Skip all steps, pauses and analysis.")
@click.option("-c", "--skip-current-step", "current", is_flag=True, help="Skip the current step (deprecated).")
@click.option("-a", "--skip-all-steps", "all_", is_flag=True, help="Skip all steps (deprecated: use --full).")
def promote(name: str, full: bool, current: bool, all_: bool) -> None:
    """End a pause of a Rollout, or, when it does not pause, its current step."""
    if current and all_:
        raise Failure("Cannot use skip-current-step and skip-all-steps flags at the same time")
    if full and (current or all_):
        raise Failure("--full, --skip-current-step and --skip-all-steps exclude each other")

    async def work(cluster: Cluster) -> None:
        rollout = await read_rollout(cluster, name)
        if current or all_:
            promotion = skip(rollout, to_end=all_)
        else:
            promotion = promote_fully(rollout) if full else promote_once(rollout)
        await _send(cluster, name, promotion)

    run(work)
    click.echo(f"rollout '{name}' {'fully ' if full else ''}promoted")


def skip(rollout: Rollout, *, to_end: bool) -> Promotion:
    """Move to the next step, or behind the last."""
    canary = rollout.spec.strategy.canary
    if canary is None:
        raise Failure("Cannot skip steps of a bluegreen rollout. Run without a flags")
    if not canary.steps:
        raise Failure("Cannot skip steps of a rollout without steps")
    return Promotion(status={"currentStepIndex": len(canary.steps) if to_end else _next_index(rollout)})


def promote_fully(rollout: Rollout) -> Promotion:
    """Make the new version the stable one without further ado; nothing when it is."""
    is_update = rollout.status.current_pod_hash != rollout.status.stable_rs
    return Promotion(status={"promoteFull": True} if is_update else {}, spec=_unpause(rollout))


def promote_once(rollout: Rollout) -> Promotion:
    """End what is waited for now: a pause, an inconclusive analysis, or the step."""
    status, spec = rollout.status, _unpause(rollout)
    canary = rollout.spec.strategy.canary
    run_status = status.canary.current_step_analysis_run_status
    if run_status and run_status.status == "Inconclusive" and status.pauses and status.controller_pause and canary:
        # Were controllerPause left, a pause at the next step would look as if somebody had ended it already.
        moved = {"pauseConditions": None, "controllerPause": False, "currentStepIndex": _next_index(rollout)}
        return Promotion(moved, spec)
    if status.pauses:
        return Promotion({"pauseConditions": None}, spec)
    if canary is not None and canary.steps:
        return Promotion({"pauseConditions": None, "currentStepIndex": _next_index(rollout)}, spec)
    return Promotion({}, spec)


def _unpause(rollout: Rollout) -> dict[str, Any]:
    return _UNPAUSED if rollout.spec.paused else {}


def _next_index(rollout: Rollout) -> int:
    canary = rollout.spec.strategy.canary
    count = len(canary.steps) if canary else 0
    return min((rollout.status.current_step_index or 0) + 1, count)


async def _send(cluster: Cluster, name: str, promotion: Promotion) -> None:
    if promotion.status:
        await patch_status(cluster, name, promotion.status, promotion.spec)
    elif promotion.spec:
        await patch(cluster, name, {"spec": promotion.spec})
