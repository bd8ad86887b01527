"""``serinus crds``: print the custom resource definitions."""

from collections.abc import Sequence

import click
import msgspec
import yaml

from serinus.api import crds as definitions
from serinus.api.crds import Definition
from serinus.api.scalar import Manifest


@click.command()
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="Format.")
@click.option("--compatible", is_flag=True, help="Only the fields that Argo Rollouts has too.")
def crds(kinds: tuple[str, ...], output: str, compatible: bool) -> None:
    """Print the custom resource definitions: all five, or those of some kinds.

    Install them, or bring them up to date, with ``serinus crds | kubectl apply -f -``.
    """
    wanted = [find(name) for name in kinds] or definitions.DEFINITIONS
    manifests = [definitions.manifest(definition, own_fields=not compatible) for definition in wanted]
    click.echo(as_json(manifests) if output == "json" else as_yaml(manifests), nl=False)


def find(name: str) -> Definition:
    """The definition of a kind by its name, plural, singular or short name; a usage error lists all kinds."""
    for definition in definitions.DEFINITIONS:
        if name.lower() in definition.names:
            return definition
    known = ", ".join(definition.kind.kind for definition in definitions.DEFINITIONS)
    raise click.BadParameter(f"there is no kind {name!r}; the kinds are {known}", param_hint="KIND")


def as_yaml(manifests: Sequence[Manifest]) -> str:
    """One document for each object."""
    return yaml.safe_dump_all(manifests, explicit_start=True, sort_keys=False, width=120, allow_unicode=True)


def as_json(manifests: Sequence[Manifest]) -> str:
    """The object itself where there is one, otherwise a list that kubectl reads."""
    whole = manifests[0] if len(manifests) == 1 else {"apiVersion": "v1", "kind": "List", "items": manifests}
    return msgspec.json.format(msgspec.json.encode(whole)).decode() + "\n"
