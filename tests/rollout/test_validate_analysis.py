"""Analyses that can be carried out, and what keeps them from being looked for."""

import msgspec
import pytest

from rollout.rules.analyses import STEP, background, ref, scene, step, taking
from rollout.scenes import NAMESPACE
from serinus.api.analysis_ref import TemplateRef
from serinus.api.kinds import ANALYSIS_RUN
from serinus.plan import Ref
from serinus.rollout.validate import analysis_problem
from stories.manifests import Manifest, analysis

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


def test_a_template_that_cannot_be_read_is_not_called_missing() -> None:
    why = "spec.metrics: expected array, got object"
    seen = msgspec.structs.replace(scene(step()), unreadable={TemplateRef(template_name="quick"): why})
    assert analysis_problem(seen).endswith(f"AnalysisTemplate 'quick' cannot be read: {why}")


def test_a_cluster_that_does_not_know_runs_is_named() -> None:
    seen = msgspec.structs.replace(
        scene(step(), analysis("quick")), unseen={Ref(ANALYSIS_RUN, NAMESPACE, ""): "AnalysisRun is not installed"}
    )
    assert analysis_problem(seen) == f"{STEP}: Forbidden: AnalysisRun is not installed"
