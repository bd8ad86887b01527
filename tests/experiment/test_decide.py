"""How an Experiment goes, from its creation to the end of its pods."""

import pytest

from experiment.play import NAME, Play, template
from serinus.plan import Created, Event, Refused

TWO = (template("baseline"), template("candidate", "nginx:1.22.0", replicas=2))
ANALYSIS = {"name": "errors", "templateName": "good"}
RUN = f"{NAME}-errors"


def test_fleets_run_for_the_duration_and_go_after_the_delay() -> None:
    play = Play(*TWO, duration="20s", scaleDownDelaySeconds=10)
    play.wait(15)
    assert (play.phase, play.templates) == ("Running", {"baseline": "Running", "candidate": "Running"})
    assert play.sizes == {f"{NAME}-baseline": 1, f"{NAME}-candidate": 2}
    play.wait(10)
    assert (play.phase, play.templates) == ("Successful", {"baseline": "Successful", "candidate": "Successful"})
    assert play.sizes == {f"{NAME}-baseline": 1, f"{NAME}-candidate": 2}
    play.wait(10)
    assert play.sizes == {f"{NAME}-baseline": 0, f"{NAME}-candidate": 0}
    condition = play.status["conditions"][-1]
    assert (condition["status"], condition["reason"]) == ("False", "ExperimentCompleted")
    assert condition["message"] == 'Experiment "compare" has successfully ran and completed.'


def test_without_a_delay_pods_go_with_the_verdict() -> None:
    play = Play(*TWO, duration=5, scaleDownDelaySeconds=0)
    play.wait(10)
    assert (play.phase, set(play.sizes.values())) == ("Successful", {0})


def test_pods_stay_30_seconds_where_nothing_is_said() -> None:
    play = Play(*TWO, duration=5)
    play.wait(34)
    assert set(play.sizes.values()) == {1, 2}
    play.wait(5)
    assert set(play.sizes.values()) == {0}


def test_without_a_duration_it_runs_until_it_is_terminated() -> None:
    play = Play(*TWO)
    play.wait(10_000)
    assert play.phase == "Running"
    play.spec["terminate"] = True
    play.wait(40)
    assert (play.phase, set(play.sizes.values())) == ("Successful", {0})


def test_the_duration_counts_from_when_all_fleets_are_available() -> None:
    play = Play(*TWO, duration="20s")
    play.broken.add(f"{NAME}-candidate")
    play.wait(60)
    assert play.phase == "Pending"
    assert play.why == ("template candidate has 0 of 2 available",)
    play.broken.clear()
    play.wait(19)
    assert play.phase == "Running"
    play.wait(3)
    assert play.phase == "Successful"


def test_a_fleet_that_does_not_come_fails_the_experiment() -> None:
    play = Play(*TWO, progressDeadlineSeconds=30)
    play.broken.add(f"{NAME}-candidate")
    play.wait(32)
    assert (play.phase, play.templates["candidate"]) == ("Failed", "Failed")
    assert play.message == "Template 'candidate' exceeded its progressDeadlineSeconds (30)"
    assert play.templates["baseline"] == "Successful"
    play.wait(31)
    assert set(play.sizes.values()) == {0}


def test_pods_that_are_lost_later_get_the_whole_deadline_again() -> None:
    play = Play(*TWO, progressDeadlineSeconds=30)
    play.wait(100)
    play.broken.add(f"{NAME}-baseline")
    play.wait(25)
    assert play.templates["baseline"] == "Progressing"
    play.wait(10)
    assert play.templates["baseline"] == "Failed"


def test_a_service_leads_to_the_fleet_and_goes_with_it() -> None:
    play = Play(template("baseline", service={}), template("candidate", service={"name": "try"}), duration=5)
    play.wait(2)
    assert play.names("Service") == {f"{NAME}-baseline", "try"}
    service = play.objects["Service", "try"]
    pods = play.objects["ReplicaSet", f"{NAME}-candidate"]["spec"]
    assert service["spec"]["selector"] == pods["template"]["metadata"]["labels"]
    assert service["spec"]["ports"][0] | {"name": ""} == {"name": "", "port": 80, "targetPort": 80, "protocol": "TCP"}
    assert [item["serviceName"] for item in play.status["templateStatuses"]] == [f"{NAME}-baseline", "try"]
    play.wait(20)
    assert play.names("Service") == {f"{NAME}-baseline", "try"}
    play.wait(30)
    assert play.names("Service") == set()


def test_equal_pods_get_different_hashes() -> None:
    play = Play(template("a"), template("b"))
    play.wait()
    hashes = {item["podTemplateHash"] for item in play.status["templateStatuses"]}
    assert len(hashes) == 2


def test_somebody_elses_service_is_not_taken() -> None:
    play = Play(template("baseline", service={"name": "theirs"}))
    play.objects["Service", "theirs"] = {"metadata": {"name": "theirs", "uid": "x"}, "spec": {"selector": {"a": "b"}}}
    play.wait(40)
    assert play.phase == "Error"
    assert play.message == "Service 'theirs' is not this Experiment's own: choose another name for the Service"
    assert play.objects["Service", "theirs"]["spec"] == {"selector": {"a": "b"}}


def test_a_service_without_a_port_is_named() -> None:
    item = template("baseline", service={})
    del item["template"]["spec"]["containers"][0]["ports"]
    play = Play(item)
    play.wait()
    assert play.message == "Service 'compare-baseline' needs a port: template 'baseline' names no containerPort"


def test_pods_that_the_api_refuses_end_in_error() -> None:
    play = Play(template("baseline"))
    play.answers[Created(f"{NAME}-baseline")] = Refused("spec.template: no containers")
    play.wait(5)
    assert play.message == "Failed to create ReplicaSet for template 'baseline': spec.template: no containers"
    assert play.phase == "Error"


def test_analyses_begin_once_all_fleets_are_available() -> None:
    play = Play(*TWO, analyses=[ANALYSIS])
    play.broken.add(f"{NAME}-candidate")
    play.wait(10)
    assert play.names("AnalysisRun") == set()
    play.broken.clear()
    play.wait(1)
    assert play.names("AnalysisRun") == {RUN}
    assert play.status["analysisRuns"] == [{"name": "errors", "analysisRun": RUN, "phase": "Running"}]


@pytest.mark.parametrize("verdict", ["Failed", "Error", "Inconclusive"])
def test_a_bad_analysis_ends_the_experiment_with_its_phase(verdict: str) -> None:
    play = Play(*TWO, analyses=[ANALYSIS, {"name": "other", "templateName": "good"}])
    play.wait(3)
    play.verdicts[RUN] = verdict
    play.wait(60)
    assert (play.phase, set(play.sizes.values())) == (verdict, {0})
    assert play.objects["AnalysisRun", f"{NAME}-other"]["spec"]["terminate"] is True


def test_required_analyses_end_the_experiment_by_their_success() -> None:
    other = {"name": "other", "templateName": "good"}
    play = Play(*TWO, analyses=[ANALYSIS | {"requiredForCompletion": True}, other])
    play.wait(100)
    assert play.phase == "Running"
    play.verdicts[RUN] = "Successful"
    play.wait(60)
    assert (play.phase, play.message) == ("Successful", "Required AnalysisRuns completed")
    assert play.objects["AnalysisRun", f"{NAME}-other"]["spec"]["terminate"] is True
    assert Event("AnalysisRunTerminating", f"Terminating other ({NAME}-other)") in play.events


def test_the_end_of_the_time_waits_for_required_analyses() -> None:
    play = Play(*TWO, duration=10, analyses=[ANALYSIS | {"requiredForCompletion": True}])
    play.wait(60)
    assert (play.phase, play.templates["baseline"]) == ("Running", "Successful")
    play.verdicts[RUN] = "Successful"
    play.wait(1)
    assert play.phase == "Successful"


def test_other_analyses_end_with_the_time() -> None:
    play = Play(*TWO, duration=10, analyses=[ANALYSIS])
    play.wait(15)
    assert play.phase == "Successful"
    assert play.objects["AnalysisRun", RUN]["spec"]["terminate"] is True


def test_a_termination_before_any_analysis_began_is_an_end() -> None:
    play = Play(*TWO, analyses=[ANALYSIS | {"requiredForCompletion": True}])
    play.broken.add(f"{NAME}-candidate")
    play.wait(1)
    play.spec["terminate"] = True
    play.wait(1)
    assert (play.phase, play.names("AnalysisRun")) == ("Successful", set())


def test_an_unknown_template_is_named_before_pods_wait_for_it() -> None:
    play = Play(*TWO, analyses=[ANALYSIS | {"templateName": "lost"}])
    play.wait(40)
    assert play.phase == "Error"
    assert "AnalysisTemplate verification failed for analysis 'errors'" in play.message
    assert "AnalysisTemplate 'lost' not found" in play.message


def test_arguments_name_what_the_experiment_knows() -> None:
    value = "{{templates.candidate.podTemplateHash}} {{ experiment.availableAt }} {{experiment.finishedAt}}"
    play = Play(*TWO, duration=20, analyses=[ANALYSIS | {"args": [{"name": "hash", "value": value}]}])
    play.wait(2)
    hash_ = play.status["templateStatuses"][1]["podTemplateHash"]
    given = play.objects["AnalysisRun", RUN]["spec"]["args"]
    assert given == [{"name": "hash", "value": f"{hash_} 2026-01-02T03:04:06Z 2026-01-02T03:04:26Z"}]


def test_a_retry_begins_anew_and_measures_again() -> None:
    play = Play(*TWO, duration=5, analyses=[ANALYSIS])
    play.verdicts[RUN] = "Failed"
    play.wait(60)
    assert (play.phase, set(play.sizes.values())) == ("Failed", {0})
    play.status = {}
    play.wait(3)
    assert play.sizes == {f"{NAME}-baseline": 1, f"{NAME}-candidate": 2}
    assert play.names("AnalysisRun") == {RUN, f"{RUN}.1"}
    play.wait(10)
    assert play.phase == "Successful"


def test_a_run_whose_status_did_not_arrive_is_found_again() -> None:
    play = Play(*TWO, analyses=[ANALYSIS])
    play.wait(3)
    del play.status["analysisRuns"]
    play.wait(1)
    assert play.names("AnalysisRun") == {RUN}
    assert play.status["analysisRuns"][0]["analysisRun"] == RUN


def test_every_change_is_told_once() -> None:
    play = Play(template("baseline"), duration=5, scaleDownDelaySeconds=0)
    play.wait(20)
    assert [(event.reason, event.message) for event in play.events] == [
        ("NewReplicaSetCreated", "Created ReplicaSet compare-baseline"),
        ("TemplateProgressing", "Template 'baseline' transitioned from  -> Progressing"),
        ("ExperimentPending", "Experiment transitioned from  -> Pending"),
        ("TemplateRunning", "Template 'baseline' transitioned from Progressing -> Running"),
        ("ExperimentRunning", "Experiment transitioned from Pending -> Running"),
        ("ScalingReplicaSet", "Scaled down ReplicaSet compare-baseline to 0"),
        ("TemplateSuccessful", "Template 'baseline' transitioned from Running -> Successful"),
        ("ExperimentSuccessful", "Experiment transitioned from Running -> Successful"),
    ]


@pytest.mark.parametrize(
    ("templates", "fields", "message"),
    [
        (
            [template("a", selector={})],
            {},
            "This experiment is selecting all pods at index 0. A non-empty selector is required.",
        ),
        (
            [template("a", minReadySeconds=700)],
            {},
            "MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index 0",
        ),
        ([template("")], {}, "Experiment compare has empty template name at index 0"),
        ([template("a"), template("a")], {}, "Experiment compare has repeated template name 'a' in templates"),
        (
            [template("a")],
            {"duration": "soon"},
            "spec.duration: 'soon' is not a duration: write seconds, or text such as 5m",
        ),
        (
            [template("a")],
            {"analyses": [ANALYSIS | {"name": ""}]},
            "Experiment compare has empty analysis name at index 0",
        ),
        (
            [template("a")],
            {"analyses": [ANALYSIS, ANALYSIS]},
            "Experiment compare has repeated analysis name 'errors' in analyses",
        ),
    ],
)
def test_a_wrong_spec_is_named_and_nothing_is_touched(templates: list, fields: dict, message: str) -> None:
    play = Play(*templates, **fields)
    plan = play.plan()
    assert not plan.writes
    condition = plan.status["conditions"][0]
    assert (condition["type"], condition["reason"]) == ("InvalidSpec", "InvalidSpec")
    assert condition["message"] == message
    assert set(plan.status) == {"conditions"}
    play.wait(5)


def test_a_spec_that_is_mended_goes_on() -> None:
    play = Play(template("a"), template("a"))
    play.wait()
    play.spec["templates"][1] = template("b")
    play.wait(1)
    assert play.phase == "Running"
    assert {item["type"] for item in play.status["conditions"]} == {"Progressing"}
