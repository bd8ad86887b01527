"""``set image``: a new version begins with a new image."""

from __future__ import annotations

from typing import Any

import click

from serinus.api.kinds import ROLLOUT
from serinus.cli.arguments import one_rollout
from serinus.cli.failure import Failure
from serinus.cli.flags import Command
from serinus.cli.session import Cluster, run
from serinus.cli.template import Holder, holder_of
from serinus.kube.errors import Conflict

RETRIES = 5
ALL = "*"
_LISTS = ("initContainers", "containers", "ephemeralContainers")


class ContainerImage(click.ParamType[tuple[str, str]]):
    """A container and its new image: CONTAINER=IMAGE."""

    name = "container=image"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split the text at its first equals sign."""
        container, equals, image = str(value).partition("=")
        if not (container and equals and image):
            self.fail(f"{value!r} is not of the form CONTAINER=IMAGE", param, ctx)
        return container, image


@click.command("image", cls=Command)
@one_rollout
@click.argument("images", metavar="CONTAINER=IMAGE...", type=ContainerImage(), nargs=-1, required=True)
def set_image(name: str, images: tuple[tuple[str, str], ...]) -> None:
    """Change the image of a container of a Rollout; '*' means all of them."""
    holder = run(lambda cluster: _set(cluster, name, dict(images)))
    click.echo(f'{holder.kind.kind.lower()} "{holder.name}" image updated')


async def _set(cluster: Cluster, name: str, images: dict[str, str]) -> Holder:
    """Read, change and write, again when somebody else has written in between."""
    for _ in range(RETRIES):
        try:
            return await _set_once(cluster, name, images)
        except Conflict:
            continue
    return await _set_once(cluster, name, images)


async def _set_once(cluster: Cluster, name: str, images: dict[str, str]) -> Holder:
    """The whole object goes back as it came, so that fields that we do not know survive."""
    manifest = await cluster.client.get(cluster.path(ROLLOUT, name))
    holder = holder_of(manifest)
    if holder.kind is not ROLLOUT:
        manifest = await cluster.client.get(holder.path(cluster))
    for container, image in images.items():
        _change(holder.template(manifest), container, image)
    await cluster.client.replace(holder.path(cluster), manifest)
    return holder


def _change(template: dict[str, Any], container: str, image: str) -> None:
    spec = template.get("spec") or {}
    found = [item for key in _LISTS for item in spec.get(key) or () if container in {ALL, item.get("name")}]
    if not found:
        raise Failure(f'unable to find container named "{container}"')
    for item in found:
        item["image"] = image
