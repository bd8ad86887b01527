"""``undo``: back to the template of an earlier revision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from serinus.api import keys
from serinus.api.kinds import ROLLOUT
from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.cli.arguments import one_rollout
from serinus.cli.failure import Failure
from serinus.cli.flags import Command
from serinus.cli.reading import converted, read_sets
from serinus.cli.session import Cluster, run
from serinus.cli.template import holder_of
from serinus.rollout.injected import is_readable, own_template
from serinus.view.phase import is_observed


@click.command(cls=Command)
@one_rollout
@click.option("--to-revision", type=click.IntRange(min=0), default=0, help="Which revision; 0 is the one before.")
def undo(name: str, to_revision: int) -> None:
    """Go back to an earlier revision of a Rollout."""
    click.echo(run(lambda cluster: _undo(cluster, name, to_revision)))


async def _undo(cluster: Cluster, name: str, revision: int) -> str:
    """Write an earlier template into the Rollout, or where its template is kept; returns what to tell."""
    manifest = await cluster.client.get(cluster.path(ROLLOUT, name))
    rollout = converted(manifest, Rollout)
    holder = holder_of(manifest)
    wanted = find_revision(rollout, await read_sets(cluster, rollout), revision)
    template = clean_template(wanted)
    current = manifest if holder.kind is ROLLOUT else await cluster.client.get(holder.path(cluster))
    if is_current(rollout, wanted) or holder.template(current) == template:
        return f"skipped rollback (current template already matches revision {wanted.revision})"
    body = [{"op": "replace", "path": holder.pointer, "value": template}]
    await cluster.client.patch(holder.path(cluster), body, kind="json")
    return f"rollout '{name}' undo"


def find_revision(rollout: Rollout, sets: Sequence[ReplicaSet], revision: int) -> ReplicaSet:
    """The ReplicaSet of a revision, 0 meaning the last but one."""
    owned = [item for item in sets if item.revision and item.metadata.is_controlled_by(rollout.metadata)]
    if revision:
        found = next((item for item in owned if item.revision == revision), None)
        if found is None:
            raise Failure(f"unable to find specified revision {revision} in history")
        return found
    newest = sorted(owned, key=lambda item: item.revision, reverse=True)
    if len(newest) < 2:
        raise Failure(f'no revision found for rollout "{rollout.name}"')
    return newest[1]


def is_current(rollout: Rollout, item: ReplicaSet) -> bool:
    """Whether a ReplicaSet is the version that the Rollout's spec asks for, as the controller says."""
    return is_observed(rollout) and item.hash == rollout.status.current_pod_hash


def clean_template(item: ReplicaSet) -> dict[str, Any]:
    """The template as the user wrote it: without the hash, and without what is of one part only."""
    if not is_readable(item):
        raise Failure(f"the annotation {keys.EPHEMERAL_METADATA} of ReplicaSet {item.name!r} cannot be read")
    template = own_template(item)
    metadata: dict[str, Any] = {key: value for key, value in template["metadata"].items() if key != "creationTimestamp"}
    labels = {key: value for key, value in metadata.pop("labels", {}).items() if key != keys.POD_TEMPLATE_HASH}
    return template | {"metadata": {"labels": labels} | metadata if labels else metadata}
