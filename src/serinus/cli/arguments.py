"""Arguments that several commands take."""

from typing import Any

import click
from click.shell_completion import CompletionItem

from serinus.api.kinds import ANALYSIS_RUN, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, EXPERIMENT, ROLLOUT, Kind
from serinus.cli.flags import ObjectName


class NameOf(ObjectName):
    """The name of an object of a kind; shells complete it from the cluster."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        """The names in the namespace, as far as the cluster answers quickly."""
        from serinus.cli.completing import names_of  # noqa: PLC0415 - only shells ask

        given = ctx.params.get(param.name or "") or ()
        return [CompletionItem(name) for name in names_of(self.kind, ctx, incomplete) if name not in given]


class TemplateName(NameOf):
    """The name of an AnalysisTemplate; with ``--global`` before it, of a ClusterAnalysisTemplate."""

    def __init__(self) -> None:
        super().__init__(ANALYSIS_TEMPLATE)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
        """The names of the templates that are meant."""
        kind = CLUSTER_ANALYSIS_TEMPLATE if ctx.params.get("is_global") else ANALYSIS_TEMPLATE
        return NameOf(kind).shell_complete(ctx, param, incomplete)


one_rollout = click.argument("name", metavar="NAME", type=NameOf(ROLLOUT))
rollouts = click.argument("names", metavar="NAME...", type=NameOf(ROLLOUT), nargs=-1, required=True)
one_experiment = click.argument("name", metavar="NAME", type=NameOf(EXPERIMENT))
experiments = click.argument("names", metavar="NAME...", type=NameOf(EXPERIMENT), nargs=-1, required=True)
analysis_runs = click.argument("names", metavar="NAME...", type=NameOf(ANALYSIS_RUN), nargs=-1, required=True)
