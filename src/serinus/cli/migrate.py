"""``migrate``: a Rollout's nginx Ingress as an HTTPRoute."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import Any

import click

from serinus.api.kinds import INGRESS, ROLLOUT, SERVICE, Kind
from serinus.api.scalar import Manifest
from serinus.cli.arguments import NameOf
from serinus.cli.crds import as_yaml
from serinus.cli.failure import Failure
from serinus.cli.flags import Command
from serinus.cli.manifests import read_file
from serinus.cli.session import Cluster, run
from serinus.kube import NotFound
from serinus.migrate import Migration, MigrationError, Parent, Source, migrate, services_of, stable_ingresses

_NAME = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
_GATEWAY = re.compile(rf"((?P<namespace>{_NAME})/)?(?P<name>{_NAME})(:(?P<listener>{_NAME}))?")


class Gateway(click.ParamType[Parent]):
    """A Gateway, where it is, and one of its listeners."""

    name = "gateway"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Parent:
        """Read [NAMESPACE/]NAME[:LISTENER]."""
        found = _GATEWAY.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is not of the form [NAMESPACE/]NAME[:LISTENER]", param, ctx)
        return Parent(found["name"], found["namespace"] or "", found["listener"] or "")


@click.command("migrate", cls=Command)
@click.argument("name", metavar="[NAME]", type=NameOf(ROLLOUT), required=False)
@click.option("-f", "--filename", "files", multiple=True, help="Read files, not a cluster; - is standard input.")
@click.option(
    "--gateway", "parent", type=Gateway(), required=True, metavar="[NAMESPACE/]NAME[:LISTENER]", help="Who serves it."
)
@click.option("--keep-nginx", is_flag=True, help="Keep the nginx router, too: both get the same weights.")
@click.option("--strict", is_flag=True, help="End with 1 where something cannot be carried over.")
def migrate_(name: str | None, files: tuple[str, ...], parent: Parent, keep_nginx: bool, strict: bool) -> None:
    """Print the HTTPRoute that replaces a Rollout's nginx Ingress, and the changed Rollout.

    What cannot be carried over is told on standard error, line by line.
    """
    if not files and name is None:
        raise click.UsageError("name a Rollout, or files by --filename")
    try:
        source = from_files(files, name) if files else run(lambda cluster: from_cluster(cluster, name or ""))
        migration = migrate(source, parent, keep_nginx=keep_nginx)
    except MigrationError as error:
        raise Failure(str(error)) from None
    show(migration)
    if strict and migration.losses:
        raise click.exceptions.Exit(1)


def show(migration: Migration) -> None:
    """Print what to apply, and on standard error what is not in it."""
    click.echo(as_yaml(migration.manifests), nl=False)
    for loss in migration.losses:
        click.echo(f"not carried over: {loss}", err=True)


def from_files(files: tuple[str, ...], name: str | None) -> Source:
    """What files hold: the Rollouts of that name, or all that use nginx."""
    documents = [document.data for file in files for document in read_file(file)]
    rollouts = [one for one in _of(documents, ROLLOUT) if name in {None, one["metadata"]["name"]}]
    if name is None:
        rollouts = [one for one in rollouts if stable_ingresses(one)]
    if not rollouts:
        wanted = f"Rollout {name!r}" if name else "Rollout with trafficRouting.nginx"
        places = ("standard input" if file == "-" else file for file in files)
        raise Failure(f"there is no {wanted} in {', '.join(places)}")
    return Source(rollouts, _of(documents, INGRESS), _of(documents, SERVICE))


def _of(documents: list[Any], kind: Kind) -> list[Manifest]:
    """The objects of a kind, in whatever version; one without a name is no object."""
    group = kind.api_version.rpartition("/")[0]
    return [
        one
        for one in documents
        if isinstance(one, dict)
        and (str(one.get("apiVersion")).rpartition("/")[0], one.get("kind")) == (group, kind.kind)
        and isinstance(one.get("metadata"), dict)
        and one["metadata"].get("name")
    ]


async def from_cluster(cluster: Cluster, name: str) -> Source:
    """A Rollout, its Ingresses, and the Services whose ports these name."""
    rollout = await cluster.client.get(cluster.path(ROLLOUT, name))
    ingresses = await _several(cluster, INGRESS, stable_ingresses(rollout))
    services = await _several(cluster, SERVICE, (each for one in ingresses for each in services_of(one)))
    return Source([rollout], ingresses, services)


async def _several(cluster: Cluster, kind: Kind, names: Iterable[str]) -> list[Manifest]:
    """Read objects by name; who is not there is left out, and told by who needs it."""
    found = []
    for name in dict.fromkeys(names):
        with contextlib.suppress(NotFound):
            found.append(await cluster.client.get(cluster.path(kind, name)))
    return found
