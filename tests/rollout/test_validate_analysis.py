"""What is wrong with analyses is said with the field, and the update waits until it is mended."""

from typing import Any

import msgspec
import pytest

from rollout.scenes import NAMESPACE, rollout, routed_scene
from serinus.api.analysis import AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.kinds import ANALYSIS_RUN
from serinus.plan import Ref, Seen
from serinus.rollout.validate import analysis_problem
from stories import manifests
from stories.manifests import analysis, routed, weight

Manifest = dict[str, Any]

STEP = "spec.strategy.canary.steps[1].analysis"
BACKGROUND = "spec.strategy.canary.analysis"


def scene(manifest: Manifest, *templates: Manifest) -> Seen:
    known = {
        TemplateRef(template_name=item["metadata"]["name"]): msgspec.convert(item, AnalysisTemplate)
        for item in templates
    }
    return msgspec.structs.replace(routed_scene(rollout(manifest)), templates=known)


def step(**fields: Any) -> Manifest:
    return routed((weight(10), {"analysis": {"templates": [{"templateName": "quick"}], **fields}}))


def background(**fields: Any) -> Manifest:
    return routed((weight(10),), analysis={"templates": [{"templateName": "quick"}], **fields})


def taking(*names: str, **fields: Any) -> Manifest:
    template = analysis("quick", **fields)
    template["spec"]["args"] = [{"name": name} for name in names]
    return template


def ref(path: str) -> list[Manifest]:
    return [{"name": "x", "valueFrom": {"fieldRef": {"fieldPath": path}}}]


WRONG = [
    pytest.param(
        step(),
        (),
        f"{STEP}.templates: Invalid value: \"quick\": AnalysisTemplate 'quick' not found",
        id="no template",
    ),
    pytest.param(
        step(templates=[{"templateName": "quick", "clusterScope": True}]),
        (analysis("quick"),),
        f"{STEP}.templates: Invalid value: \"quick\": ClusterAnalysisTemplate 'quick' not found",
        id="no template of the cluster",
    ),
    pytest.param(
        step(),
        (taking("x"),),
        f'{STEP}.templates: Invalid value: "templateNames: [quick]": args.x was not resolved',
        id="no value",
    ),
    pytest.param(
        background(),
        (taking("x"),),
        f'{BACKGROUND}.templates: Invalid value: "templateNames: [quick]": args.x was not resolved',
        id="no value in the background",
    ),
    pytest.param(
        step(),
        (analysis("quick", interval="1s"),),
        f'{STEP}.templates: Invalid value: "quick": AnalysisTemplate quick has metric quick which runs indefinitely. '
        "Invalid value for count: <nil>",
        id="without end",
    ),
    pytest.param(
        step(args=[{"name": "x", "value": "0"}]),
        (taking("x", interval="1s", count="{{args.x}}"),),
        f'{STEP}.templates: Invalid value: "quick": AnalysisTemplate quick has metric quick which runs indefinitely. '
        "Invalid value for count: 0",
        id="without end by an argument",
    ),
    pytest.param(
        step(),
        (analysis("quick", count=2),),
        f'{STEP}.templates: Invalid value: "templateNames: [quick]": '
        "Analysis spec invalid: metrics[0]: interval must be specified when count > 1",
        id="metric",
    ),
    pytest.param(
        step(args=ref("metadata.finalizers")),
        (taking("x"),),
        f'{STEP}.args[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.finalizers": '
        "Analyses arguments must refer to valid object metadata supported by downwardAPI",
        id="metadata",
    ),
    pytest.param(
        step(args=ref("spec.gone")),
        (taking("x"),),
        f'{STEP}.args[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.gone": invalid path spec.gone in rollout',
        id="field",
    ),
]


@pytest.mark.parametrize(("manifest", "templates", "text"), WRONG)
def test_the_first_thing_that_is_wrong_is_named(manifest: Manifest, templates: tuple[Manifest, ...], text: str) -> None:
    assert analysis_problem(scene(manifest, *templates)) == text


RIGHT = [
    pytest.param(step(), analysis("quick"), id="a step"),
    pytest.param(background(), analysis("quick", interval="1s"), id="without end in the background"),
    pytest.param(
        step(), analysis("quick", interval="1s", consecutiveSuccessLimit=3), id="until it was good often enough"
    ),
    pytest.param(step(args=ref("status.alb.arn")), taking("x"), id="a field that comes to be later"),
    pytest.param(step(args=[{"name": "x", "valueFrom": {"podTemplateHashValue": "Latest"}}]), taking("x"), id="a hash"),
    pytest.param(
        step(args=[{"name": "x", "value": "3"}]),
        taking("x", interval="1s", count="{{args.x}}"),
        id="a number by argument",
    ),
]


@pytest.mark.parametrize(("manifest", "template"), RIGHT)
def test_what_can_be_carried_out_is_not_complained_about(manifest: Manifest, template: Manifest) -> None:
    assert analysis_problem(scene(manifest, template)) == ""


@pytest.mark.parametrize("field", ["prePromotionAnalysis", "postPromotionAnalysis"])
def test_blue_green_names_its_templates_too(field: str) -> None:
    manifest = manifests.rollout(())
    wanted = {"templates": [{"templateName": "quick"}]}
    manifest["spec"]["strategy"] = {"blueGreen": {"activeService": manifests.STABLE, field: wanted}}
    path = f"spec.strategy.blueGreen.{field}.templates"
    assert analysis_problem(scene(manifest)) == f"{path}: Invalid value: \"quick\": AnalysisTemplate 'quick' not found"


def test_a_template_that_cannot_be_read_is_not_called_missing() -> None:
    why = "spec.metrics: expected array, got object"
    seen = msgspec.structs.replace(scene(step()), unreadable={TemplateRef(template_name="quick"): why})
    assert analysis_problem(seen).endswith(f"AnalysisTemplate 'quick' cannot be read: {why}")


def test_a_cluster_that_does_not_know_runs_is_named() -> None:
    seen = msgspec.structs.replace(
        scene(step(), analysis("quick")), unseen={Ref(ANALYSIS_RUN, NAMESPACE, ""): "AnalysisRun is not installed"}
    )
    assert analysis_problem(seen) == f"{STEP}: Forbidden: AnalysisRun is not installed"
