"""Rules about analyses: templates that are not there, arguments without a value, metrics that never end."""

from typing import Any

import msgspec

from rollout.scenes import rollout, routed_scene
from serinus.api.analysis import AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.plan import Seen
from stories import manifests
from stories.manifests import analysis, routed, weight

Manifest = dict[str, Any]

PATH = "spec.strategy.canary"
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


def nesting(name: str) -> Manifest:
    """A template that names another one."""
    template = analysis("quick")
    template["spec"]["templates"] = [{"templateName": name}]
    return template


def blue_green(field: str) -> Manifest:
    """With an analysis before or after the switch."""
    manifest = routed()
    strategy = {"activeService": manifests.STABLE, field: {"templates": [{"templateName": "quick"}]}}
    manifest["spec"]["strategy"] = {"blueGreen": strategy}
    return manifest


def absent(path: str) -> str:
    return f"{path}.templates: Invalid value: \"quick\": AnalysisTemplate 'quick' not found"


def endless(path: str, count: str = "<nil>") -> str:
    text = "AnalysisTemplate quick has metric quick which runs indefinitely."
    return f'{path}.templates: Invalid value: "quick": {text} Invalid value for count: {count}'


EXPERIMENT = {
    "experiment": {
        "templates": [{"name": "a", "specRef": "canary"}],
        "analyses": [{"name": "a", "templateName": "quick"}],
    }
}

ROWS: dict[str, tuple[Seen, str]] = {
    "no template": (
        scene(step()),
        absent(STEP),
    ),
    "no template of the cluster": (
        scene(step(templates=[{"templateName": "quick", "clusterScope": True}]), analysis("quick")),
        f"{STEP}.templates: Invalid value: \"quick\": ClusterAnalysisTemplate 'quick' not found",
    ),
    "no value": (
        scene(step(), taking("x")),
        f'{STEP}.templates: Invalid value: "templateNames: [quick]": args.x was not resolved',
    ),
    "no value in the background": (
        scene(background(), taking("x")),
        f'{BACKGROUND}.templates: Invalid value: "templateNames: [quick]": args.x was not resolved',
    ),
    "without end": (
        scene(step(), analysis("quick", interval="1s")),
        endless(STEP),
    ),
    "without end by an argument": (
        scene(step(args=[{"name": "x", "value": "0"}]), taking("x", interval="1s", count="{{args.x}}")),
        endless(STEP, "0"),
    ),
    "metric": (
        scene(step(), analysis("quick", count=2)),
        (
            f'{STEP}.templates: Invalid value: "templateNames: [quick]": '
            "Analysis spec invalid: metrics[0]: interval must be specified when count > 1"
        ),
    ),
    "metadata": (
        scene(step(args=ref("metadata.finalizers")), taking("x")),
        (
            f'{STEP}.args[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.finalizers": '
            "Analyses arguments must refer to valid object metadata supported by downwardAPI"
        ),
    ),
    "field": (
        scene(step(args=ref("spec.gone")), taking("x")),
        f'{STEP}.args[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.gone": invalid path spec.gone in rollout',
    ),
    "no template that a template names": (
        scene(step(), nesting("gone")),
        f"{STEP}.templates: Invalid value: \"gone\": AnalysisTemplate 'gone' not found",
    ),
    "templates in a circle": (
        scene(step(), nesting("quick")),
        (
            f'{STEP}.templates: Invalid value: "templateNames: [quick]": '
            "AnalysisTemplate 'quick' refers to itself: quick → quick"
        ),
    ),
    "no template of an experiment": (
        scene(routed((EXPERIMENT,))),
        absent(f"{PATH}.steps[0].experiment.analyses[0]"),
    ),
    "none before the switch": (
        scene(blue_green("prePromotionAnalysis")),
        absent("spec.strategy.blueGreen.prePromotionAnalysis"),
    ),
    "none after the switch": (
        scene(blue_green("postPromotionAnalysis")),
        absent("spec.strategy.blueGreen.postPromotionAnalysis"),
    ),
    "without end before the switch": (
        scene(blue_green("prePromotionAnalysis"), analysis("quick", interval="1s")),
        endless("spec.strategy.blueGreen.prePromotionAnalysis"),
    ),
    "without end after the switch": (
        scene(blue_green("postPromotionAnalysis"), analysis("quick", interval="1s")),
        endless("spec.strategy.blueGreen.postPromotionAnalysis"),
    ),
    "an analysis of nothing": (
        scene(step(templates=[])),
        f"{STEP}.templates: Required value: an analysis needs at least one template",
    ),
}
