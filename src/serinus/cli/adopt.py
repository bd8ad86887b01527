"""``adopt``: a Rollout takes over from a Deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
import msgspec

from serinus.api.deployment import Deployment
from serinus.api.kinds import DEPLOYMENT, ROLLOUT, SERVICE
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Service
from serinus.cli.arguments import NameOf
from serinus.cli.crds import as_json, as_yaml
from serinus.cli.failure import Failure
from serinus.cli.flags import Command, Duration, ObjectName
from serinus.cli.reading import converted, list_all
from serinus.cli.session import Cluster, run
from serinus.cli.transition import Transition, find_autoscalers, find_rollout, in_words
from serinus.handover import Adoption, Done, Step, Wishes, adopted, check, next_adoption

_BLUE_GREEN = "blueGreen"


class Weights(click.ParamType[tuple[int, ...]]):
    """Percentages, as in 20,50."""

    name = "weights"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Read numbers from 0 to 100, with commas between."""
        if isinstance(value, tuple):
            return value
        words = [word.strip().removesuffix("%") for word in str(value).split(",")]
        if not all(word.isdecimal() and int(word) <= 100 for word in words):
            self.fail(f"{value!r} is no list of percentages such as 20,50", param, ctx)
        return tuple(int(word) for word in words)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What the command line says."""

    rollout: str | None
    strategy: str
    steps: tuple[int, ...]
    active_service: str | None
    preview_service: str | None
    scale_down: str
    repoint_hpa: bool
    timeout: float
    dry_run: bool
    output: str | None


@click.command("adopt", cls=Command)
@click.argument("deployment", metavar="DEPLOYMENT", type=NameOf(DEPLOYMENT))
@click.option("--name", "rollout", type=ObjectName(), help="Name of the Rollout; that of the Deployment when absent.")
@click.option(
    "--strategy",
    type=click.Choice(["canary", _BLUE_GREEN], case_sensitive=False),
    default="canary",
    show_default=True,
    help="How updates will go.",
)
@click.option("--steps", type=Weights(), default=(), help="Percentages at which a canary waits for a person: 20,50.")
@click.option(
    "--active-service", type=ObjectName(), help="Service that blue-green switches; found if it is the only one."
)
@click.option("--preview-service", type=ObjectName(), help="Service that leads to the newest version (blue-green).")
@click.option(
    "--scale-down",
    type=click.Choice(["onsuccess", "progressively"]),
    default="onsuccess",
    show_default=True,
    help="When the Deployment's pods go: at the end, or one by one where there is no room for twice as many.",
)
@click.option("--repoint-hpa", is_flag=True, help="Let HorizontalPodAutoscalers scale the Rollout afterwards.")
@click.option("--timeout", type=Duration(), default="10m", show_default=True, help="Wait no longer; 0 for ever.")
@click.option("--dry-run", is_flag=True, help="Print the Rollout, and change nothing.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), help="Form of what --dry-run prints; implies it.")
def adopt(deployment: str, **flags: Any) -> None:
    """Turn a Deployment into a Rollout that has its pod template, without a gap in capacity.

    The Deployment stays, without pods: its template goes on to say what runs.
    """
    given = Flags(**flags)
    if given.steps and given.strategy == _BLUE_GREEN:
        raise click.UsageError("--steps is for --strategy canary")
    if given.strategy != _BLUE_GREEN and (given.active_service or given.preview_service):
        raise click.UsageError("--active-service and --preview-service are for --strategy blueGreen")
    if given.dry_run or given.output:
        manifest = run(lambda cluster: _planned(cluster, deployment, given))
        click.echo(as_json([manifest]) if given.output == "json" else as_yaml([manifest]), nl=False)
        return
    run(lambda cluster: _adopt(cluster, deployment, given))


async def _planned(cluster: Cluster, name: str, given: Flags) -> Manifest:
    """The Rollout that would be made."""
    seen = await _see(cluster, name, await _wishes(cluster, name, given))
    with in_words():
        check(seen)
    return adopted(seen.deployment, seen.wishes)


async def _adopt(cluster: Cluster, name: str, given: Flags) -> None:
    wishes = await _wishes(cluster, name, given)

    async def look() -> Step:
        return next_adoption(await _see(cluster, name, wishes))

    with in_words():
        first = await look()
    if isinstance(first, Done):
        raise Failure(f"Deployment {name} is adopted already, by Rollout {wishes.name}")
    await Transition(cluster, look).run(given.timeout)


async def _see(cluster: Cluster, name: str, wishes: Wishes) -> Adoption:
    deployment = converted(await cluster.client.get(cluster.path(DEPLOYMENT, name)), Deployment)
    rollout = await find_rollout(cluster, wishes.name)
    return Adoption(
        wishes=wishes,
        deployment=deployment,
        rollout=rollout,
        others=() if rollout else await _adopters(cluster, name),
        autoscalers=await find_autoscalers(cluster),
    )


async def _adopters(cluster: Cluster, name: str) -> tuple[str, ...]:
    """The names of the Rollouts that take their pods from a Deployment."""
    rollouts = [converted(item, Rollout) for item in await list_all(cluster, ROLLOUT)]
    references = {rollout.name: rollout.spec.workload_ref for rollout in rollouts}
    return tuple(
        rollout for rollout, ref in references.items() if ref and ref.referred is DEPLOYMENT and ref.name == name
    )


async def _wishes(cluster: Cluster, name: str, given: Flags) -> Wishes:
    strategy = await _blue_green(cluster, name, given) if given.strategy == _BLUE_GREEN else _canary(given.steps)
    return Wishes(name=given.rollout or name, strategy=strategy, scale_down=given.scale_down, repoint=given.repoint_hpa)


def _canary(weights: tuple[int, ...]) -> Manifest:
    """Pause for a person at each weight; without any, update as a Deployment does."""
    steps: list[Manifest] = []
    for weight in weights:
        steps += ({"setWeight": weight}, {"pause": {}})
    return {"canary": {"steps": steps} if steps else {}}


async def _blue_green(cluster: Cluster, name: str, given: Flags) -> Manifest:
    active = given.active_service or await _only_service(cluster, name, given.preview_service)
    preview = {"previewService": given.preview_service} if given.preview_service else {}
    return {_BLUE_GREEN: {"activeService": active, **preview}}


async def _only_service(cluster: Cluster, name: str, preview: str | None) -> str:
    """The one Service that leads to the Deployment's pods."""
    deployment = converted(await cluster.client.get(cluster.path(DEPLOYMENT, name)), Deployment)
    labels = (deployment.spec.template.get("metadata") or {}).get("labels") or {}
    services = [msgspec.convert(item, Service) for item in await list_all(cluster, SERVICE)]
    leading = [
        service.metadata.name
        for service in services
        if service.spec.selector
        and service.spec.selector.items() <= labels.items()
        and service.metadata.name != preview
    ]
    if len(leading) != 1:
        found = ", ".join(leading) or "none"
        raise Failure(f"which Service is switched? Name it by --active-service; to Deployment {name} lead: {found}")
    return leading[0]
