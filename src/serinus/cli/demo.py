"""`serinus demo`: the article's canary on a cluster of its own."""

import asyncio

import click

from serinus.cli.up import plain_errors

SCENARIOS = ("nginx", "istio", "analysis", "blue-green")
"""Told here too, since help must come without the demo's room."""


@click.command("demo")
@click.option("--scenario", type=click.Choice(SCENARIOS), default="nginx", show_default=True, help="Which story.")
@click.option(
    "--short-pauses/--article-pauses",
    default=True,
    help="Let timed pauses and analyses take seconds (default), or minutes as in the article.",
)
@click.option(
    "--rate", type=click.IntRange(50, 2000), default=400, show_default=True, help="Requests per second from outside."
)
@click.option("--json", "as_json", is_flag=True, help="End with one JSON document; progress goes to standard error.")
@click.option("--no-color", is_flag=True, help="Do not color anything.")
@click.option("--keep", is_flag=True, help="Leave the cluster's folder behind: logs, audit log, manifests.")
@click.pass_context
def demo(  # noqa: PLR0913, PLR0917 - one per option
    ctx: click.Context, scenario: str, short_pauses: bool, rate: int, as_json: bool, no_color: bool, keep: bool
) -> None:
    """See a canary, or blue-green, happen on a real cluster.

    Starts a cluster of its own, updates a Rollout step by step while requests
    flow through nginx or Envoy, gives up a second update, checks every step, and
    removes the cluster. Ends with 1 when anything is not as it should be.
    """
    with plain_errors():
        from serinus.demo.run import Options, run  # noqa: PLC0415 - help must come at once

        options = Options(scenario, short_pauses, rate, as_json, not no_color, keep)
        ctx.exit(asyncio.run(run(options)))
