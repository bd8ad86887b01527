"""`serinus down`: stop a cluster that `serinus up` started."""

import click

from serinus.cli.up import plain_errors


@click.command("down")
@click.option("--name", default="default", show_default=True, help="Name of the cluster.")
@click.option("--all", "every", is_flag=True, help="Stop every cluster.")
@click.option("--keep", is_flag=True, help="Keep its data; the next `serinus up` goes on with them.")
def down(name: str, every: bool, keep: bool) -> None:
    """Stop a cluster of this computer and remove its data."""
    from serinus.local import state  # noqa: PLC0415 - the cluster's room only when it is used
    from serinus.local.stop import stop  # noqa: PLC0415

    with plain_errors():
        names = state.known_names() if every else [name]
        if not names:
            click.echo("There is no cluster.")
        for one in names:
            was_up = stop(state.folder_of(one), keep=keep)
            click.echo(
                f"Cluster {one}: " + ("stopped" if was_up else "was not up") + ("" if keep else ", data removed")
            )
