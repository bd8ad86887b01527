"""``create analysisrun``: a run out of a template."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from serinus.analysis.build import run_spec
from serinus.analysis.templates import BuildError
from serinus.api import keys
from serinus.api.analysis import AnalysisTemplate, Argument, ClusterAnalysisTemplate
from serinus.api.analysis_ref import RolloutAnalysis, TemplateRef
from serinus.api.kinds import ANALYSIS_RUN, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, GROUP_VERSION
from serinus.cli.arguments import TemplateName
from serinus.cli.create import create_one
from serinus.cli.failure import Failure
from serinus.cli.flags import Command, ObjectName
from serinus.cli.manifests import read_file
from serinus.cli.reading import converted
from serinus.cli.session import Cluster, run
from serinus.kube.errors import NotFound

Templates = dict[TemplateRef, AnalysisTemplate]


class NamedValue(click.ParamType[tuple[str, str]]):
    """An argument of a template: NAME=VALUE."""

    name = "name=value"

    def convert(self, value: Any, *_: Any) -> tuple[str, str]:
        """Split the text at its first equals sign; the value may be empty."""
        name, equals, text = str(value).partition("=")
        if not (name and equals):
            raise Failure("arguments must be in the form NAME=VALUE")
        return name, text


@click.command("analysisrun", cls=Command)
@click.option("--from", "from_", type=TemplateName(), help="AnalysisTemplate in the cluster.")
@click.option("--from-file", help="File with an AnalysisTemplate; - is standard input.")
@click.option("--global", "is_global", is_flag=True, help="It is a ClusterAnalysisTemplate.")
@click.option("--name", type=ObjectName(), help="Name of the run.")
@click.option("--generate-name", help="Beginning of the name; that of the template and '-' by default.")
@click.option("--instance-id", help="Which controller is to do it.")
@click.option("-a", "--argument", "arguments", type=NamedValue(), multiple=True, help="NAME=VALUE; may be repeated.")
def create_analysis_run(from_: str | None, from_file: str | None, is_global: bool, **more: Any) -> None:
    """Create an AnalysisRun from an AnalysisTemplate or a ClusterAnalysisTemplate."""
    if bool(from_) == bool(from_file):
        raise Failure("one of --from or --from-file must be specified")
    own = _from_file(from_file, is_global=is_global) if from_file else None
    name = own.metadata.name if own else str(from_)
    if not (name or more["name"] or more["generate_name"]):
        raise Failure("name is invalid")
    ref = TemplateRef(template_name=name, cluster_scope=is_global)

    async def work(cluster: Cluster) -> str:
        templates = await _read(cluster, ref, {} if own is None else {ref: own})
        manifest = _manifest(ref, templates, more["arguments"]) | {"metadata": _metadata(name, more)}
        return await create_one(cluster, ANALYSIS_RUN, manifest)

    click.echo(f"analysisrun.argoproj.io/{run(work)} created")


def _from_file(file: str, *, is_global: bool) -> AnalysisTemplate:
    """The one template that a file holds, of the kind that is meant."""
    kind = CLUSTER_ANALYSIS_TEMPLATE if is_global else ANALYSIS_TEMPLATE
    found = [
        item.data for item in read_file(file) if isinstance(item.data, dict) and item.data.get("kind") == kind.kind
    ]
    if len(found) != 1:
        raise Failure(f"{file} holds {len(found) or 'no'} {kind.kind}{'s' * (len(found) > 1)}: one is needed")
    return converted(found[0], ClusterAnalysisTemplate if is_global else AnalysisTemplate)


async def _read(cluster: Cluster, ref: TemplateRef, known: Templates) -> Templates:
    """The template and those that it names, from the cluster; of those, what is not there is left out."""
    found, waiting = dict(known), [ref] if ref not in known else list(known[ref].spec.templates)
    while waiting:
        wanted = waiting.pop()
        if wanted in found:
            continue
        kind = CLUSTER_ANALYSIS_TEMPLATE if wanted.cluster_scope else ANALYSIS_TEMPLATE
        try:
            manifest = await cluster.client.get(kind.path(cluster.namespace, wanted.template_name))
        except NotFound:
            if wanted == ref:
                raise
            continue
        found[wanted] = converted(manifest, AnalysisTemplate)
        waiting += found[wanted].spec.templates
    return found


def _manifest(ref: TemplateRef, templates: Templates, given: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    args = tuple(Argument(name=name, value=value) for name, value in given)
    try:
        spec = run_spec(RolloutAnalysis(templates=(ref,)), args, templates)
    except BuildError as error:
        raise Failure(str(error)) from None
    taken = {arg.name for arg in spec.args}
    for name in sorted({name for name, _ in given} - taken):
        click.echo(f"Warning: the template has no argument '{name}': its value is not used", err=True)
    return {"apiVersion": GROUP_VERSION, "kind": ANALYSIS_RUN.kind, "spec": msgspec.to_builtins(spec)}


def _metadata(template: str, more: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": more["name"]} if more["name"] else {}
    if not metadata:
        metadata = {"generateName": more["generate_name"] or f"{template}-"}
    if more["instance_id"]:
        metadata["labels"] = {keys.INSTANCE_ID: more["instance_id"]}
    return metadata
