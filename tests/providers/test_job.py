"""Jobs: what is created, looked at and removed; and that nothing but a complete Job is a success."""

from datetime import timedelta
from typing import Any

import pytest

from providers.orders import NOW, cluster, measured, order, play, settings
from serinus.api.analysis import Measurement
from serinus.providers.job import JobProvider, job_name
from serinus.providers.provider import ClusterReply, ClusterRequest, Later, Order, ProviderError, Verdict

UID = "0f7a2e0c-5d41-4a8f-9a8b-1d2c3e4f5a6b"
NAME = f"{UID}.smoke.1"
PATH = f"/apis/batch/v1/namespaces/shop/jobs/{NAME}"
REMEMBERED = {"job-name": NAME, "job-namespace": "shop"}
SPEC = {
    "backoffLimit": 0,
    "template": {
        "metadata": {"labels": {"app": "smoke"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "smoke:1"}]},
    },
}
NO_PODS = ClusterReply(200, {"items": []})


def job_order(spec: Any = SPEC, metadata: Any = None, **fields: Any) -> Order:
    config = {"spec": spec} | ({"metadata": metadata} if metadata else {})
    return order({"job": config}, **{"metric": "smoke"} | fields)


def running(seconds: float = 8, **fields: Any) -> Order:
    begun = Measurement(phase="Running", started_at=NOW - timedelta(seconds=seconds), metadata=REMEMBERED)
    return job_order(**{"measurement": begun} | fields)


def job(**conditions: str) -> ClusterReply:
    items = [{"type": kind, "status": status, "reason": "R", "message": "m"} for kind, status in conditions.items()]
    return ClusterReply(200, {"metadata": {"name": NAME}, "status": {"conditions": items, "active": 1}})


def waiting(reason: str, init: bool = False) -> ClusterReply:
    status = {"image": "smoke:1", "state": {"waiting": {"reason": reason, "message": "no such image"}}}
    key = "initContainerStatuses" if init else "containerStatuses"
    return ClusterReply(200, {"items": [{"status": {}}, {"status": {key: [{"state": {"running": {}}}, status]}}]})


def test_the_job_is_created_with_name_owner_labels_and_notes() -> None:
    given = job_order(metadata={"labels": {"team": "a"}, "annotations": {"x": "y"}})
    asked, outcome = play(JobProvider().run(given), ClusterReply(201, {}))
    assert asked == [
        ClusterRequest(
            "create",
            "/apis/batch/v1/namespaces/shop/jobs",
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {
                    "name": NAME,
                    "namespace": "shop",
                    "labels": {"team": "a", "analysisrun.argoproj.io/uid": UID},
                    "annotations": {
                        "x": "y",
                        "analysisrun.argoproj.io/name": "web-6d4b9f7c5-2",
                        "analysisrun.argoproj.io/namespace": "shop",
                        "analysisrun.argoproj.io/metric-name": "smoke",
                    },
                    "ownerReferences": [
                        {
                            "apiVersion": "argoproj.io/v1alpha1",
                            "kind": "AnalysisRun",
                            "name": "web-6d4b9f7c5-2",
                            "uid": UID,
                            "controller": True,
                            "blockOwnerDeletion": True,
                        }
                    ],
                },
                "spec": {
                    "backoffLimit": 0,
                    "template": {
                        "metadata": {"labels": {"app": "smoke", "analysisrun.argoproj.io/uid": UID}},
                        "spec": SPEC["template"]["spec"],  # type: ignore[index]
                    },
                },
            },
        )
    ]
    assert outcome == Later(NOW + timedelta(seconds=1), REMEMBERED)


def test_a_template_without_labels_gets_the_runs() -> None:
    asked, _ = play(JobProvider().run(job_order({"template": {"spec": {}}})), ClusterReply(201, {}))
    assert cluster(asked[0]).body["spec"]["template"]["metadata"] == {"labels": {"analysisrun.argoproj.io/uid": UID}}


@pytest.mark.parametrize(
    ("metric", "number", "name"),
    [
        ("smoke", 12, f"{UID}.smoke.12"),
        ("a" * 24, 1, f"{UID}.{'a' * 24}.1"),
        ("a" * 25, 1, f"{UID}.{'a' * 15}-2f521e2a.1"),
        ("Success Rate", 1, f"{UID}.success-rate-5068c6c3.1"),
        ("a..b", 1, f"{UID}.a.b-f62b4241.1"),
        ("_", 1, f"{UID}.d2e2adf7.1"),
    ],
)
def test_names_fit_into_a_label_and_differ_where_metrics_do(metric: str, number: int, name: str) -> None:
    found = job_name(job_order(metric=metric, number=number))
    assert found == name
    assert len(found) <= 63


def test_jobs_in_a_namespace_or_cluster_of_their_own_have_no_owner() -> None:
    asked, outcome = play(JobProvider().run(job_order(settings=settings(job_namespace="jobs"))), ClusterReply(201, {}))
    made = cluster(asked[0])
    assert made.path == "/apis/batch/v1/namespaces/jobs/jobs"
    assert "ownerReferences" not in made.body["metadata"]
    assert outcome.metadata["job-namespace"] == "jobs"
    elsewhere = job_order(settings=settings(job_kubeconfig="/etc/jobs"))
    asked, _ = play(JobProvider().run(elsewhere), ClusterReply(201, {}))
    assert "ownerReferences" not in cluster(asked[0]).body["metadata"]


def test_a_job_of_an_attempt_that_was_cut_off_is_taken_on() -> None:
    asked, made = play(JobProvider().run(job_order()), ClusterReply(201, {}))
    found = ClusterReply(200, cluster(asked[0]).body)
    asked, outcome = play(JobProvider().run(job_order()), ClusterReply(409, {}), found)
    assert cluster(asked[1]) == ClusterRequest("get", PATH)
    assert outcome == made


@pytest.mark.parametrize("found", [{}, {"metadata": {"labels": {"analysisrun.argoproj.io/uid": UID}}}, None])
def test_a_job_of_somebody_else_is_left_alone(found: Any) -> None:
    taken = ClusterReply(409, {"message": 'jobs.batch "x" already exists'})
    with pytest.raises(ProviderError, match=r"cannot be created: jobs.batch \"x\" already exists"):
        measured(JobProvider().run(job_order()), taken, ClusterReply(200 if found is not None else 404, found))


@pytest.mark.parametrize(("status", "message"), [(403, "jobs.batch is forbidden"), (422, "spec.template: Invalid")])
def test_a_job_that_the_api_refuses_is_an_error_in_its_words(status: int, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        measured(JobProvider().run(job_order()), ClusterReply(status, {"message": message}))


@pytest.mark.parametrize(
    ("reply", "phase"),
    [
        (job(Complete="True"), "Successful"),
        (job(SuccessCriteriaMet="True", Complete="True"), "Successful"),
        (job(Failed="True"), "Failed"),
        (job(Complete="False", Failed="True"), "Failed"),
    ],
)
def test_the_end_of_the_job_is_the_verdict(reply: ClusterReply, phase: str) -> None:
    for action in (JobProvider().resume, JobProvider().terminate):
        outcome = measured(action(running()), reply)
        assert isinstance(outcome, Verdict)
        assert (outcome.phase, outcome.metadata) == (phase, REMEMBERED)
        assert outcome.message == ("" if phase == "Successful" else f"Job {NAME} failed: R: m")


@pytest.mark.parametrize(
    "reply", [job(), job(Complete="False"), job(FailureTarget="True"), job(Suspended="True"), ClusterReply(200, {})]
)
def test_a_job_that_runs_is_looked_at_again_ever_less_often(reply: ClusterReply) -> None:
    for elapsed, pause in ((0, 1), (0.1, 1), (8, 4), (200, 20)):
        asked, outcome = play(JobProvider().resume(running(elapsed)), reply, NO_PODS)
        assert outcome == Later(NOW + timedelta(seconds=pause), REMEMBERED)
        assert cluster(asked[1]).params == {"labelSelector": f"job-name={NAME}"}


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"])
@pytest.mark.parametrize("init", [False, True])
def test_an_image_that_cannot_be_had_is_inconclusive_and_ends_the_job(reason: str, init: bool) -> None:
    asked, outcome = play(JobProvider().resume(running()), job(), waiting(reason, init), ClusterReply(200, {}))
    assert outcome == Verdict(
        "Inconclusive",
        f"Job {NAME} could not run: image smoke:1 ({reason}): no such image",
        metadata=REMEMBERED,
    )
    assert (cluster(asked[2]).method, cluster(asked[2]).path) == ("delete", PATH)


@pytest.mark.parametrize("reason", ["ErrImagePull", "ContainerCreating", "PodInitializing"])
def test_what_may_pass_by_itself_is_waited_for(reason: str) -> None:
    assert isinstance(measured(JobProvider().resume(running()), job(), waiting(reason)), Later)


def test_without_the_right_to_read_pods_the_job_decides_alone() -> None:
    assert isinstance(measured(JobProvider().resume(running()), job(), ClusterReply(403, {})), Later)


def test_a_job_that_is_gone_is_an_error() -> None:
    with pytest.raises(ProviderError, match=f"Job {NAME} is gone"):
        measured(JobProvider().resume(running()), ClusterReply(404, {}))


def test_a_measurement_without_a_job_is_an_error() -> None:
    with pytest.raises(ProviderError, match="job metadata reference missing"):
        next(JobProvider().resume(job_order(measurement=Measurement(phase="Running"))))


@pytest.mark.parametrize("gone", [200, 404])
def test_terminating_deletes_the_job_with_its_pods_and_shows_nothing(gone: int) -> None:
    asked, outcome = play(JobProvider().terminate(running()), job(), ClusterReply(gone, {}))
    assert cluster(asked[1]) == ClusterRequest(
        "delete", PATH, {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
    )
    assert isinstance(outcome, Verdict)
    assert outcome.phase == "Inconclusive"


def test_a_job_that_cannot_be_deleted_is_an_error() -> None:
    with pytest.raises(ProviderError, match="cannot be deleted: no"):
        measured(JobProvider().terminate(running()), job(), ClusterReply(403, {"message": "no"}))


def test_old_jobs_of_the_metric_are_collected_oldest_first() -> None:
    def item(number: int, metric: str = "smoke") -> dict[str, Any]:
        notes = {"analysisrun.argoproj.io/metric-name": metric}
        stamp = f"2026-03-01T12:00:{number:02}Z"
        return {"metadata": {"name": f"j{number}", "creationTimestamp": stamp, "annotations": notes}}

    listed = ClusterReply(200, {"items": [item(5), item(2), item(1, "load"), item(4), item(3)]})
    done = ClusterReply(200, {})
    asked, _ = play(JobProvider().collect(job_order(keep=2)), listed, done, done)
    requests = [cluster(request) for request in asked]
    assert requests[0].params == {"labelSelector": f"analysisrun.argoproj.io/uid={UID}"}
    assert [request.path.rpartition("/")[2] for request in requests[1:]] == ["j2", "j3"]
    assert len(play(JobProvider().collect(job_order(keep=4)), listed)[0]) == 1
