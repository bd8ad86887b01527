"""Versions side by side, without a Rollout around them."""

from typing import Any

from serinus.api.kinds import EXPERIMENT
from stories.look import Look
from stories.manifests import V1, V2, Manifest, analysis, template
from stories.stage import Stage

NAME = "compare"
REQUIRED = {"name": "verdict", "templateName": "quick", "requiredForCompletion": True}


def fleet(name: str, image: str, **fields: Any) -> Manifest:
    pods = template(image)
    labels = pods["metadata"]["labels"] = {"app": "compare", "side": name}
    return {"name": name, "selector": {"matchLabels": labels}, "template": pods, **fields}


def experiment(*fleets: Manifest, **fields: Any) -> Manifest:
    """Two versions side by side, unless it is said which."""
    two = (fleet("baseline", V1), fleet("candidate", V2, replicas=2, service={"name": "try"}))
    spec = {"templates": list(fleets or two), "scaleDownDelaySeconds": 1, **fields}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment", "metadata": {"name": NAME}, "spec": spec}


def status(look: Look) -> Any:
    (found,) = look.kind("Experiment")
    return found.get("status") or {}


def phase(look: Look) -> str:
    return str(status(look).get("phase", ""))


def fleets(look: Look) -> list[str]:
    return [item["status"] for item in status(look).get("templateStatuses", [])]


def said(look: Look) -> tuple[str, str, str, str]:
    (condition,) = status(look)["conditions"]
    return condition["type"], condition["status"], condition["reason"], condition["message"]


async def test_fleets_run_side_by_side_for_their_time_and_go(stage: Stage) -> None:
    await stage.create(experiment(duration="3s"))
    look = await stage.until(lambda look: phase(look) == "Running" and look.kind("Service"))
    assert look.serving == {V1: 1, V2: 2}
    assert fleets(look) == ["Running", "Running"]
    running = ("Progressing", "True", "NewReplicaSetAvailable", f'Experiment "{NAME}" is running.')
    await stage.until(lambda look: said(look) == running)
    (service,) = look.kind("Service")
    (led,) = (item for item in look.kind("ReplicaSet") if item["metadata"]["name"] == f"{NAME}-candidate")
    assert service["metadata"]["name"] == "try"
    assert service["spec"]["selector"] == led["spec"]["template"]["metadata"]["labels"]
    assert led["metadata"]["annotations"]["experiment.argoproj.io/name"] == NAME
    assert led["metadata"]["annotations"]["experiment.argoproj.io/template-name"] == "candidate"
    look = await stage.until(lambda look: phase(look) == "Successful")
    text = f'Experiment "{NAME}" has successfully ran and completed.'
    assert said(look) == ("Progressing", "False", "ExperimentCompleted", text)
    assert fleets(look) == ["Successful", "Successful"]
    look = await stage.until(lambda look: not look.pods and not look.kind("Service"))
    look = await stage.until(lambda look: len(look.told("ExperimentSuccessful")) == 1)
    assert look.told("ExperimentRunning") == ["Experiment transitioned from Pending -> Running"]
    assert "Template 'candidate' transitioned from Progressing -> Running" in look.told("TemplateRunning")
    assert f"Created ReplicaSet {NAME}-candidate" in look.told("NewReplicaSetCreated")


async def test_an_analysis_that_must_be_good_decides_and_a_retry_measures_again(stage: Stage) -> None:
    await stage.create(analysis("quick"))
    await stage.judge("quick", "bad")
    await stage.create(experiment(analyses=[REQUIRED]))
    look = await stage.until(lambda look: phase(look) == "Failed")
    assert status(look)["message"].startswith('Metric "quick" assessed Failed due to failed (1) > failureLimit (0)')
    assert status(look)["analysisRuns"][0]["analysisRun"] == f"{NAME}-verdict"
    await stage.until(lambda look: not look.pods)
    await stage.judge("quick", "good")
    await stage.patch(EXPERIMENT, NAME, {"status": None}, status=True)
    look = await stage.until(lambda look: phase(look) == "Successful")
    assert status(look)["message"] == "Required AnalysisRuns completed"
    assert status(look)["analysisRuns"][0]["analysisRun"] == f"{NAME}-verdict.1"
    await stage.until(lambda look: not look.pods)


async def test_what_is_wrong_is_named_and_goes_on_when_it_is_mended(stage: Stage) -> None:
    await stage.create(experiment(fleet("same", V1), fleet("same", V2)))
    look = await stage.until(lambda look: status(look).get("conditions"))
    text = f"Experiment {NAME} has repeated template name 'same' in templates"
    assert said(look) == ("InvalidSpec", "True", "InvalidSpec", text)
    assert (phase(look), look.kind("ReplicaSet")) == ("", [])
    mended = experiment(fleet("same", V1), fleet("other", V2))
    await stage.patch(EXPERIMENT, NAME, {"spec": {"templates": mended["spec"]["templates"]}})
    look = await stage.until(lambda look: phase(look) == "Running")
    assert said(look)[0] == "Progressing"
    await stage.patch(EXPERIMENT, NAME, {"spec": {"terminate": True}})
    look = await stage.until(lambda look: phase(look) == "Successful" and not look.pods)
    assert fleets(look) == ["Successful", "Successful"]


async def test_pods_that_the_api_refuses_are_told_in_its_own_words(stage: Stage) -> None:
    wrong = fleet("wrong", V1)
    wrong["template"]["spec"]["restartPolicy"] = "Never"
    await stage.create(experiment(wrong))
    look = await stage.until(lambda look: phase(look) == "Error")
    assert status(look)["message"].startswith("Failed to create ReplicaSet for template 'wrong': ")
    assert 'spec.template.spec.restartPolicy: Unsupported value: "Never"' in status(look)["message"]


async def test_pods_that_never_serve_end_it(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.break_image(V2)
    await stage.create(experiment(progressDeadlineSeconds=10))
    await stage.until(lambda look: phase(look) == "Pending" and look.serving == {V1: 1})
    look = await stage.until(lambda look: phase(look) == "Failed")
    assert status(look)["message"] == "Template 'candidate' exceeded its progressDeadlineSeconds (10)"
    assert fleets(look) == ["Successful", "Failed"]
    await stage.until(lambda look: not look.sizes)


async def test_without_a_time_and_a_verdict_it_runs_until_somebody_ends_it(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.create(analysis("watch", interval="1s"))
    await stage.create(experiment(analyses=[{"name": "watch", "templateName": "watch"}]))
    await stage.until(lambda look: phase(look) == "Running" and look.kind("AnalysisRun"))
    await stage.stays(lambda look: phase(look) == "Running", seconds=600)
    await stage.patch(EXPERIMENT, NAME, {"spec": {"terminate": True}})
    look = await stage.until(lambda look: phase(look) == "Successful" and not look.sizes)
    assert look.told("AnalysisRunTerminating") == [f"Terminating watch ({NAME}-watch)"]
    assert [item["status"]["phase"] for item in look.kind("AnalysisRun")] == ["Successful"]


async def test_an_unknown_template_is_an_error_before_anything_is_measured(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.create(experiment(analyses=[REQUIRED]))
    look = await stage.until(lambda look: phase(look) == "Error")
    start = "AnalysisTemplate verification failed for analysis 'verdict': "
    assert status(look)["message"] == f"{start}AnalysisTemplate 'quick' not found"
    await stage.until(lambda look: not look.sizes)


async def test_what_is_not_sure_is_the_verdict(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.create(analysis("quick"))
    await stage.judge("quick", "unclear")
    await stage.create(experiment(analyses=[REQUIRED]))
    look = await stage.until(lambda look: phase(look) == "Inconclusive" and not look.sizes)
    assert fleets(look) == ["Successful", "Successful"]
