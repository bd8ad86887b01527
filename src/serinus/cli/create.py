"""``create``: objects from files."""

from typing import Any

import click

from serinus.api.kinds import ANALYSIS_RUN, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, EXPERIMENT, ROLLOUT, Kind
from serinus.cli.failure import Failure
from serinus.cli.lazy import Lazy, LazyGroup
from serinus.cli.manifests import read_file
from serinus.cli.session import Cluster, run
from serinus.lint.source import Document

_KINDS = (ROLLOUT, EXPERIMENT, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, ANALYSIS_RUN)
_STRICT = {"fieldValidation": "Strict"}
"""Let the API refuse fields that it does not know, instead of dropping them."""


@click.group(
    "create",
    cls=LazyGroup,
    table={
        "analysisrun": Lazy(
            "serinus.cli.create_analysis_run:create_analysis_run",
            "Create an AnalysisRun from a template",
            ("ar", "analysisruns"),
        )
    },
    invoke_without_command=True,
    no_args_is_help=False,
)
@click.option("-f", "--filename", "files", multiple=True, help="File with objects; - is standard input. Repeatable.")
@click.option("-w", "--watch", is_flag=True, help="Show the Rollout or Experiment afterwards, and go on showing it.")
@click.option("--no-color", is_flag=True, help="No colours.")
@click.pass_context
def create(ctx: click.Context, files: tuple[str, ...], watch: bool, no_color: bool) -> None:
    """Create Rollouts, Experiments, AnalysisTemplates, ClusterAnalysisTemplates and AnalysisRuns from files."""
    if ctx.invoked_subcommand is not None:
        if files:
            raise click.UsageError(f"--filename cannot be used with '{ctx.invoked_subcommand}'", ctx)
        return
    if not files:
        raise click.UsageError("--filename is needed", ctx)
    documents = [document for file in files for document in read_file(file)]
    kinds = [_kind_of(document) for document in documents]
    if not documents:
        raise Failure(f"there is no object in {', '.join(files)}")
    if watch:
        _check_watch(kinds)
    for kind, name in run(lambda cluster: _create_all(cluster, documents)):
        if watch:
            _show(kind, name, no_color=no_color)


def _kind_of(document: Document) -> Kind:
    """Which of our kinds an object is; a `Failure` for another one."""
    data: Any = document.data if isinstance(document.data, dict) else {}
    version, name = str(data.get("apiVersion") or ""), str(data.get("kind") or "")
    for kind in _KINDS:
        if (kind.api_version, kind.kind) == (version, name):
            return kind
    place = document.place(("kind",))
    group = version.rpartition("/")[0]
    raise Failure(f"{document.file}:{place.line}:{place.column}: creates of {group}/{name} unsupported")


def _check_watch(kinds: list[Kind]) -> None:
    if len(kinds) > 1:
        raise Failure("Cannot watch multiple resources")
    if kinds[0] not in {ROLLOUT, EXPERIMENT}:
        raise Failure("Can only watch resources of type Rollout or Experiment")


async def _create_all(cluster: Cluster, documents: list[Document]) -> list[tuple[Kind, str]]:
    """Create one after the other; the first that is refused ends it."""
    done = []
    for document in documents:
        kind = _kind_of(document)
        made = await create_one(cluster, kind, document.data)
        click.echo(f"{_told(kind)}.argoproj.io/{made} created")
        done.append((kind, made))
    return done


async def create_one(cluster: Cluster, kind: Kind, manifest: Any) -> str:
    """Create an object where it says, or else in the user's namespace; returns its name."""
    namespace = (manifest.get("metadata") or {}).get("namespace") or cluster.namespace
    made = await cluster.client.create(kind.path(namespace), manifest, _STRICT)
    return str(made["metadata"]["name"])


def _told(kind: Kind) -> str:
    """How the kind is called here; both sorts of templates go by one name."""
    return (ANALYSIS_TEMPLATE if kind is CLUSTER_ANALYSIS_TEMPLATE else kind).kind.lower()


def _show(kind: Kind, name: str, *, no_color: bool) -> None:
    from serinus.cli.get_experiment import show_experiment  # noqa: PLC0415 - few ask for it
    from serinus.cli.get_rollout import show_rollout  # noqa: PLC0415
    from serinus.cli.paint import choose_paint  # noqa: PLC0415

    show = show_rollout if kind is ROLLOUT else show_experiment
    show(name, watch=True, paint=choose_paint(no_color=no_color))
