"""Arguments that several commands take."""

from typing import Any

import click
from click.shell_completion import CompletionItem

from serinus.cli.flags import ObjectName


class RolloutName(ObjectName):
    """The name of a Rollout; shells complete it from the cluster."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        """The Rollouts of the namespace, as far as the cluster answers quickly."""
        from serinus.cli.completing import rollout_names  # noqa: PLC0415 - only shells ask

        given = ctx.params.get(param.name or "") or ()
        return [CompletionItem(name) for name in rollout_names(ctx, incomplete) if name not in given]


one_rollout = click.argument("name", metavar="NAME", type=RolloutName())
rollouts = click.argument("names", metavar="NAME...", type=RolloutName(), nargs=-1, required=True)
