"""The Experiment of a step: what it is made of, and the traffic that its fleets get."""

from typing import Any

import msgspec
import pytest

from rollout.scenes import NAMESPACE, NOW, foreign, hash_of, replica_set, rollout, service, updating, with_steps_hash
from serinus.api import keys
from serinus.api.experiment import Experiment
from serinus.api.kinds import EXPERIMENT
from serinus.plan import Create, Event, Patch, Plan, Ref, Seen
from serinus.rollout.decide import plan_rollout
from serinus.traffic.istio import Istio
from stories import manifests
from stories.manifests import CANARY, NAME, STABLE, V1, V2, weight

ISTIO = Istio()
SITE = Ref(ISTIO.virtual_service, NAMESPACE, "site")
FLEETS = [
    {"name": "baseline", "specRef": "stable", "weight": 5},
    {"name": "candidate", "specRef": "canary", "replicas": 2, "metadata": {"labels": {"side": "new"}}},
]
NAMED = f"{NAME}-{hash_of(V2)}-2-1"


def scene(step: dict[str, Any], *experiments: Experiment, index: int = 1, **status: Any) -> Seen:
    """An update at its experiment, through a VirtualService."""
    routing = {"istio": {"virtualService": {"name": "site"}}}
    steps = (weight(20), {"experiment": step}, weight(50))
    manifest = manifests.routed(steps, image=V2, trafficRouting=routing)
    weights = {"canary": {"weight": 20, "podTemplateHash": hash_of(V2)}, "stable": {"weight": 80}, "verified": True}
    canary = {"weights": weights, "currentExperiment": experiments[0].name if experiments else ""}
    known = updating(V2, V1, currentStepIndex=index, selector="app=myapp", observedGeneration="1", canary=canary)
    entries = [{"destination": {"host": STABLE}, "weight": 80}, {"destination": {"host": CANARY}, "weight": 20}]
    site = {
        "metadata": {"name": "site", "namespace": NAMESPACE, "resourceVersion": "7"},
        "spec": {"http": [{"name": "primary", "route": entries}]},
    }
    return Seen(
        rollout=with_steps_hash(rollout(manifest, **known | status)),
        replica_sets=(replica_set(V1, 3), replica_set(V2, 1, revision=2)),
        services={STABLE: service(STABLE, V1), CANARY: service(CANARY, V2)},
        objects={SITE: foreign(site)},
        experiments=experiments,
    )


def experiment(phase: str, name: str = NAMED, message: str = "") -> Experiment:
    fleet = {"name": "baseline", "serviceName": f"{name}-baseline", "podTemplateHash": "abc", "status": "Running"}
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    manifest = {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}"},
        "spec": {"templates": []},
        "status": {"phase": phase, "message": message, "templateStatuses": [fleet | counts]},
    }
    return msgspec.convert(manifest, Experiment)


def plan(seen: Seen) -> Plan:
    return plan_rollout(seen, NOW, (ISTIO,))


def made(planned: Plan) -> dict[str, Any]:
    return next(
        write.manifest for write in planned.writes if isinstance(write, Create) and write.ref.kind is EXPERIMENT
    )


def routes(planned: Plan) -> dict[str, int]:
    """Host → weight, as the plan leaves the VirtualService; empty where it does not touch it."""
    for write in planned.writes:
        if isinstance(write, Patch) and write.ref == SITE and write.how == "merge":
            route = write.body["spec"]["http"][0]["route"]
            return {item["destination"]["host"]: item["weight"] for item in route}
    return {}


def test_the_fleets_are_made_of_the_versions_as_they_run() -> None:
    planned = plan(scene({"templates": FLEETS, "duration": "5m"}))
    manifest = made(planned)
    assert Event("ExperimentCreated", f"Created Experiment '{NAMED}'") in planned.events
    assert manifest["metadata"]["name"] == NAMED
    assert manifest["metadata"]["annotations"] == {keys.REVISION: "2"}
    assert manifest["spec"]["duration"] == "5m"
    assert manifest["spec"]["progressDeadlineSeconds"] == 600
    baseline, candidate = manifest["spec"]["templates"]
    assert baseline["template"]["spec"]["containers"][0]["image"] == V1
    assert candidate["template"]["spec"]["containers"][0]["image"] == V2
    assert keys.POD_TEMPLATE_HASH not in candidate["template"]["metadata"]["labels"]
    assert candidate["template"]["metadata"]["labels"]["side"] == "new"
    assert candidate["selector"]["matchLabels"] == {"app": "myapp", "side": "new"}
    assert (baseline["replicas"], candidate["replicas"]) == (1, 2)
    assert (baseline["service"], "service" in candidate) == ({}, False)


def test_pods_with_traffic_stay_until_it_has_left_them() -> None:
    manifest = made(plan(scene({"templates": FLEETS, "scaleDownDelaySeconds": 0})))
    assert manifest["spec"]["scaleDownDelaySeconds"] == 5


def test_running_fleets_get_their_share_out_of_the_stable_version() -> None:
    planned = plan(scene({"templates": FLEETS}, experiment("Running")))
    assert routes(planned) == {STABLE: 75, CANARY: 20, f"{NAMED}-baseline": 5}
    weights = planned.status["canary"]["weights"]
    assert weights["stable"]["weight"] == 75
    assert list(weights["additional"]) == [{"weight": 5, "serviceName": f"{NAMED}-baseline", "podTemplateHash": "abc"}]
    (told,) = (event.message for event in planned.events if event.reason == "TrafficWeightUpdated")
    assert told.endswith(f"additional: [{{5 {NAMED}-baseline abc}}]")


@pytest.mark.parametrize("phase", ["Pending", "Failed", "Error", "Inconclusive"])
def test_fleets_that_do_not_run_get_nothing(phase: str) -> None:
    assert f"{NAMED}-baseline" not in routes(plan(scene({"templates": FLEETS}, experiment(phase))))


def test_a_failed_experiment_gives_the_update_up_with_its_message() -> None:
    planned = plan(scene({"templates": FLEETS}, experiment("Failed", message="too slow")))
    assert planned.status["abort"] is True
    assert "Experiment analysis phase is error/failed: too slow" in planned.status["message"]


def test_another_experiment_of_the_step_is_made_under_a_name_that_is_free() -> None:
    old = experiment("Failed")
    seen = scene({"templates": FLEETS}, old, canary={"currentExperiment": ""})
    assert made(plan(seen))["metadata"]["name"] == f"{NAMED}-1"
