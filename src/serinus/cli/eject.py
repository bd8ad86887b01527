"""``eject``: a Deployment takes over from a Rollout again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
import msgspec

from serinus.api.kinds import SERVICE
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign, Service
from serinus.cli.arguments import one_rollout
from serinus.cli.failure import Failure
from serinus.cli.flags import Command, Duration, ObjectName
from serinus.cli.reading import list_all, read_rollout, read_sets
from serinus.cli.session import Cluster, run
from serinus.cli.transition import Transition, find_autoscalers, find_deployment, find_rollout
from serinus.cli.undo import clean_template
from serinus.handover import Ejection, borrows, next_ejection
from serinus.handover.step import Step
from serinus.kube.errors import NotFound
from serinus.plan import Ref, Settings


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What the command line says."""

    deployment: str | None
    force: bool
    repoint_hpa: bool
    drain_seconds: int
    timeout: float


@click.command("eject", cls=Command)
@one_rollout
@click.option("--name", "deployment", type=ObjectName(), help="Name of the Deployment, where there is none yet.")
@click.option("--force", is_flag=True, help="Give up an update that is under way: the stable version is kept.")
@click.option("--repoint-hpa", is_flag=True, help="Let HorizontalPodAutoscalers scale the Deployment afterwards.")
@click.option(
    "--drain-seconds",
    type=click.IntRange(min=0),
    default=Settings().drain_seconds,
    show_default=True,
    help="How long changes of Services and routes may need to take effect everywhere.",
)
@click.option("--timeout", type=Duration(), default="10m", show_default=True, help="Wait no longer; 0 for ever.")
def eject(name: str, **flags: Any) -> None:
    """Give a Rollout's place back to its Deployment, or to a new one, without losing a request."""
    given = Flags(**flags)
    run(lambda cluster: _eject(cluster, name, given))


async def _eject(cluster: Cluster, name: str, given: Flags) -> None:
    rollout = await read_rollout(cluster, name)
    named = _routed(rollout)
    reference = rollout.spec.workload_ref
    own = reference.name if reference and borrows(rollout) else ""
    if own and given.deployment not in {None, own}:
        raise Failure(f"Rollout {name} has its pods from Deployment {own}, which takes over: --name is not needed")
    deployment = own or given.deployment or name

    async def look() -> Step:
        return next_ejection(await _see(cluster, name, deployment, named, given))

    await Transition(cluster, look, given.drain_seconds).run(given.timeout)


def _routed(rollout: Rollout) -> tuple[Ref, ...]:
    """The objects of traffic layers that a Rollout names now."""
    from serinus.controller.stores import refs_of, workload_of  # noqa: PLC0415 - help needs none
    from serinus.plugins import routers  # noqa: PLC0415

    workload, found = workload_of(rollout), routers()
    return tuple(ref for ref in refs_of(rollout, found) if ref != workload and ref.name)


async def _see(cluster: Cluster, name: str, deployment: str, named: Sequence[Ref], given: Flags) -> Ejection:
    rollout = await find_rollout(cluster, name)
    services = [msgspec.convert(item, Service) for item in await list_all(cluster, SERVICE)]
    return Ejection(
        name=deployment,
        rollout=rollout,
        deployment=await find_deployment(cluster, deployment),
        template=await _stable_template(cluster, rollout) if rollout else None,
        services=tuple(services),
        objects=tuple([item for ref in named if (item := await _find_object(cluster, ref))]),
        autoscalers=await find_autoscalers(cluster),
        force=given.force,
        repoint=given.repoint_hpa,
    )


async def _stable_template(cluster: Cluster, rollout: Rollout) -> Manifest | None:
    sets = await read_sets(cluster, rollout)
    stable = rollout.status.stable_rs
    found = (item for item in sets if stable and item.hash == stable and item.metadata.controller is not None)
    own = next((item for item in found if item.metadata.controller.uid == rollout.metadata.uid), None)  # type: ignore[union-attr]
    return clean_template(own) if own else None


async def _find_object(cluster: Cluster, ref: Ref) -> Foreign | None:
    from serinus.controller.decoding import decode_foreign  # noqa: PLC0415 - help needs none

    try:
        return decode_foreign(msgspec.json.encode(await cluster.client.get(ref.path)))
    except NotFound:
        return None
