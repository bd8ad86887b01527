"""``version``: which program this is."""

import click

from serinus import __version__
from serinus.cli.flags import Command


@click.command(cls=Command)
@click.option("--short", is_flag=True, help="Only the version.")
@click.pass_context
def version(ctx: click.Context, short: bool) -> None:
    """Print the version of this program."""
    import platform  # noqa: PLC0415

    program = (ctx.find_root().info_name or "serinus").replace(" ", "-")
    click.echo(f"{program}: v{__version__}")
    if not short:
        click.echo(f"  PythonVersion: {platform.python_version()}")
        click.echo(f"  Compiler: {platform.python_implementation()}")
        click.echo(f"  Platform: {platform.system().lower()}/{platform.machine()}")
