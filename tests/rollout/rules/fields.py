"""Rules about single fields of a spec."""

from collections.abc import Callable
from typing import Any

from serinus.rollout.injected import PREFERRED
from stories import manifests
from stories.manifests import pause, scale, weight

Change = Callable[[dict[str, Any]], object]


def canary(**fields: Any) -> Change:
    return lambda spec: spec["strategy"]["canary"].update(fields)


def steps(*items: dict[str, Any]) -> Change:
    return canary(steps=list(items))


def routing(**fields: Any) -> Change:
    return lambda spec: spec["strategy"]["canary"]["trafficRouting"].update(fields)


def spec_with(**fields: Any) -> Change:
    return lambda spec: spec.update(fields)


def without(name: str) -> Change:
    return lambda spec: spec.pop(name)


CANARY = "spec.strategy.canary"
STEP = f"{CANARY}.steps[0]"

ROUTED: list[tuple[Change, str]] = [
    (spec_with(replicas=-1), "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
    (spec_with(minReadySeconds=-1), "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"),
    (
        spec_with(revisionHistoryLimit=-2),
        "spec.revisionHistoryLimit: Invalid value: -2: must be greater than or equal to 0",
    ),
    (
        spec_with(progressDeadlineSeconds=-1),
        "spec.progressDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0",
    ),
    (
        spec_with(progressDeadlineSeconds=10, minReadySeconds=10),
        "spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds",
    ),
    (
        spec_with(minReadySeconds=600),
        "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
    ),
    (without("selector"), "spec.selector: Required value: Rollout has missing field 'spec.selector'"),
    (
        spec_with(selector={}),
        "spec.selector: Invalid value: {}: an empty selector would match every pod: name at least one label",
    ),
    (without("template"), "spec.template: Required value: Rollout has missing field 'spec.template'"),
    (
        spec_with(selector={"matchLabels": {"app": "other"}}),
        (
            'spec.template.metadata.labels: Invalid value: {"app":"myapp"}: '
            "`selector` app=other does not match template labels"
        ),
    ),
    (
        spec_with(strategy={}),
        "spec.strategy: Required value: Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'",
    ),
    (
        lambda spec: spec["strategy"].update(blueGreen={"activeService": "a"}),
        'spec.strategy: Invalid value: "canary and blueGreen": exactly one strategy may be set',
    ),
    (
        spec_with(strategy={"blueGreen": {"activeService": "a"}}),
        'spec.strategy.blueGreen.activeService: Invalid value: "a": service "a" not found',
    ),
    (
        canary(canaryService=manifests.STABLE),
        f'{CANARY}.stableService: Invalid value: "{manifests.STABLE}": stable and canary need two different Services',
    ),
    (
        canary(maxSurge="many"),
        f'{CANARY}.maxSurge: Invalid value: "many": is neither a number nor a percentage such as 25%',
    ),
    (canary(maxSurge=-1), f"{CANARY}.maxSurge: Invalid value: -1: must be greater than or equal to 0"),
    (canary(maxUnavailable=-1), f"{CANARY}.maxUnavailable: Invalid value: -1: must be greater than or equal to 0"),
    (
        canary(maxSurge=0, maxUnavailable=0),
        f"{CANARY}.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero",
    ),
    (
        canary(maxSurge="0%", maxUnavailable="0"),
        f'{CANARY}.maxSurge: Invalid value: "0%": MaxSurge and MaxUnavailable both can not be zero',
    ),
    (
        canary(analysis={"templates": []}),
        f"{CANARY}.analysis.templates: Required value: an analysis needs at least one template",
    ),
    (
        canary(dynamicStableScale=True, scaleDownDelaySeconds=5),
        (
            f"{CANARY}.scaleDownDelaySeconds: Invalid value: 5: cannot be used with dynamicStableScale: "
            "the stable version shrinks as traffic leaves it"
        ),
    ),
    (
        canary(canaryMetadata={"labels": {"app": "trial"}}),
        f'{CANARY}.canaryMetadata.labels[app]: Invalid value: "trial": spec.selector uses this label: take another',
    ),
    (
        canary(antiAffinity={}),
        f"{CANARY}.antiAffinity: Invalid value: {{}}: AntiAffinity must have exactly one strategy listed",
    ),
    (
        canary(antiAffinity={PREFERRED: {"weight": 101}}),
        f"{CANARY}.antiAffinity.{PREFERRED}.weight: Invalid value: 101: AntiAffinity weight must be between 1-100",
    ),
    (
        canary(stableService=""),
        f"{CANARY}.stableService: Required value: trafficRouting needs stableService and canaryService",
    ),
    (
        routing(nginx={}),
        f'{CANARY}.trafficRouting.nginx: Invalid value: "": set exactly one of stableIngress and stableIngresses',
    ),
    (
        routing(nginx={"stableIngress": "a", "stableIngresses": ["b"]}),
        f'{CANARY}.trafficRouting.nginx: Invalid value: "a": set exactly one of stableIngress and stableIngresses',
    ),
    (
        routing(maxTrafficWeight=0),
        f"{CANARY}.trafficRouting.maxTrafficWeight: Invalid value: 0: must be greater than 0",
    ),
    (steps(weight(101)), f"{STEP}.setWeight: Invalid value: 101: SetWeight needs to be between 0 and 100"),
    (steps(weight(-1)), f"{STEP}.setWeight: Invalid value: -1: SetWeight needs to be between 0 and 100"),
    (
        steps(weight(1), {}),
        (
            f"{CANARY}.steps[1]: Invalid value: {{}}: "
            "a step sets one of setWeight, pause, setCanaryScale, experiment, analysis or plugin"
        ),
    ),
    (
        steps({"setWeight": 1, "pause": {}}),
        f'{STEP}: Invalid value: {{"setWeight":1,"pause":{{}}}}: a step sets one thing only: make several steps of it',
    ),
    (
        steps(pause("soon")),
        f'{STEP}.pause.duration: Invalid value: "soon": is no length of time: write seconds, or 30s, 5m, 1h',
    ),
    (
        steps(pause(-5)),
        f"{STEP}.pause.duration: Invalid value: -5: is no length of time: write seconds, or 30s, 5m, 1h",
    ),
    (
        steps(scale(replicas=-1)),
        f"{STEP}.setCanaryScale.replicas: Invalid value: -1: must be greater than or equal to 0",
    ),
    (steps(scale(weight=-1)), f"{STEP}.setCanaryScale.weight: Invalid value: -1: must be greater than or equal to 0"),
    (
        steps({"analysis": {"templates": []}}),
        f"{STEP}.analysis.templates: Required value: an analysis needs at least one template",
    ),
    (
        steps({"experiment": {"templates": []}}),
        f"{STEP}.experiment.templates: Required value: an experiment needs at least one template",
    ),
    (
        steps({"plugin": {"name": ""}}),
        f"{STEP}.plugin.name: Required value: name the plugin that carries the step out",
    ),
]
"""Of a Rollout whose traffic nginx splits."""

PLAIN: list[tuple[Change, str]] = [
    (
        canary(scaleDownDelaySeconds=5),
        f"{CANARY}.scaleDownDelaySeconds: Invalid value: 5: needs trafficRouting: without it, pods are the traffic",
    ),
    (canary(dynamicStableScale=True), f"{CANARY}.dynamicStableScale: Invalid value: true: needs trafficRouting"),
    (
        steps(scale(replicas=1)),
        f'{STEP}.setCanaryScale: Invalid value: {{"replicas":1}}: SetCanaryScale cannot be used without TrafficRouting',
    ),
    (
        canary(trafficRouting={"maxTrafficWeight": 10}),
        f"{CANARY}.trafficRouting.maxTrafficWeight: Invalid value: 10: needs nginx or a plugin",
    ),
]
"""Of a Rollout without a router."""
