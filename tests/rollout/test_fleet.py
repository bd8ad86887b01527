"""Which ReplicaSet is which, and which ones are taken over."""

from typing import Any

import msgspec
import pytest

from rollout.scenes import NOW, UID, hash_of, plan, replica_set, rollout, updating
from serinus.api import keys
from serinus.api.workload import ReplicaSet
from serinus.plan import Defaulted, Patch, Read, Refused, Seen
from serinus.rollout.fleet import identify
from stories import manifests
from stories.manifests import V1, V2, V3


def changed(item: ReplicaSet, **metadata: Any) -> ReplicaSet:
    return msgspec.structs.replace(item, metadata=msgspec.structs.replace(item.metadata, **metadata))


def strange(image: str, pods: int, **fields: Any) -> ReplicaSet:
    """A ReplicaSet that another controller made: it has another hash, and the API's defaults."""
    item = replica_set(image, pods, **fields)
    labels = item.metadata.labels | {keys.POD_TEMPLATE_HASH: "theirs"}
    annotations = {key: value for key, value in item.metadata.annotations.items() if key != keys.POD_HASH_VERSION}
    template = defaulted(item.spec.template, labels)
    spec = msgspec.structs.replace(item.spec, template=template)
    return changed(msgspec.structs.replace(item, spec=spec), labels=labels, annotations=annotations, name="theirs")


def defaulted(template: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    metadata = {"labels": labels, "creationTimestamp": None}
    return {"metadata": metadata, "spec": template["spec"] | {"restartPolicy": "Always"}}


def read(seen: Seen) -> dict[Any, Any]:
    """The API's answer to what the plan asks."""
    (ask,) = plan(seen).asks
    assert isinstance(ask, Defaulted)
    template = ask.manifest["spec"]["template"]
    read = defaulted(template, template["metadata"]["labels"])
    return {ask: Read({"spec": {"template": read}})}


def test_each_version_has_its_part() -> None:
    sets = (replica_set(V3, 1, revision=3), replica_set(V1, 3, revision=1), replica_set(V2, 1, revision=2))
    fleet = identify(Seen(rollout(manifests.rollout(image=V3), **updating(V3, V1)), sets))
    assert fleet.new is sets[0]
    assert fleet.stable is sets[1]
    assert fleet.others == (sets[2],)
    assert fleet.all == (sets[1], sets[0], sets[2])
    assert fleet.promoted.stable is sets[0]
    assert fleet.promoted.others == (sets[2], sets[1])


def test_what_is_deleted_or_of_another_rollout_is_not_counted() -> None:
    going = changed(replica_set(V1, 3), deletion_timestamp=NOW)
    other = replica_set(V1, 3, owners=[{"uid": "other", "controller": True}])
    fleet = identify(Seen(rollout(), (going, other)))
    assert (fleet.new, fleet.all) == (None, ())


def test_an_orphan_that_the_selector_matches_is_claimed() -> None:
    orphan = replica_set(V1, 3, owners=[])
    decided = plan(Seen(rollout(), (orphan,)))
    claims = [write for write in decided.writes if isinstance(write, Patch) and "ownerReferences" in str(write.body)]
    assert claims[0].body["metadata"]["uid"] == orphan.metadata.uid
    assert claims[0].body["metadata"]["ownerReferences"][0]["uid"] == UID


def test_an_orphan_without_the_hash_label_is_left_alone() -> None:
    orphan = changed(replica_set(V1, 3, owners=[]), labels={"app": "myapp"})
    assert identify(Seen(rollout(), (orphan,))).all == ()


def test_a_template_that_was_put_back_with_its_defaults_is_the_old_version() -> None:
    item = replica_set(V1, 3)
    template = defaulted(item.spec.template, item.metadata.labels)
    kept = msgspec.structs.replace(item, spec=msgspec.structs.replace(item.spec, template=template))
    manifest = manifests.rollout()
    manifest["spec"]["template"] = defaulted(template, {"app": "myapp"})
    fleet = identify(Seen(rollout(manifest, generation=2), (kept, replica_set(V2, 3, revision=2))))
    assert (fleet.new, fleet.hash) == (kept, hash_of(V1))


def test_a_version_of_another_controller_is_taken_over_when_its_template_is_equal() -> None:
    theirs = strange(V1, 3)
    seen = Seen(rollout(stableRS="theirs", currentPodHash="theirs"), (theirs,))
    fleet = identify(msgspec.structs.replace(seen, answers=read(seen)))
    assert fleet.new is theirs
    assert fleet.stable is theirs
    assert fleet.hash == "theirs"


def test_taking_over_restarts_no_pod() -> None:
    theirs = strange(V1, 3, annotations={keys.DESIRED_REPLICAS: "3"})
    seen = Seen(rollout(stableRS="theirs", currentPodHash="theirs"), (theirs,))
    decided = plan(msgspec.structs.replace(seen, answers=read(seen)))
    assert all("replicas" not in str(getattr(write, "body", "")) for write in decided.writes)
    assert decided.status["currentStepHash"]


def test_a_version_of_another_controller_with_another_template_is_an_old_version() -> None:
    theirs = strange(V2, 3)
    seen = Seen(rollout(stableRS="theirs", currentPodHash="theirs"), (theirs,))
    fleet = identify(msgspec.structs.replace(seen, answers=read(seen)))
    assert (fleet.new, fleet.stable) == (None, theirs)


def test_nothing_is_decided_before_the_api_has_answered() -> None:
    decided = plan(Seen(rollout(), (strange(V1, 3),)))
    assert (decided.writes, decided.status) == ((), {})
    assert decided.why == ("asking the API how it reads the pod template",)


def test_a_recorded_version_needs_no_question() -> None:
    theirs = strange(V1, 3)
    status = {"stableRS": "theirs", "currentPodHash": "theirs", "observedGeneration": "1"}
    assert plan(Seen(rollout(**status), (theirs,))).asks == ()


def test_a_template_that_the_api_refuses_is_shown_with_its_words() -> None:
    seen = Seen(rollout(), (strange(V1, 3),))
    (ask,) = plan(seen).asks
    decided = plan(msgspec.structs.replace(seen, answers={ask: Refused("spec.x: no")}))
    assert decided.status["message"].endswith("is invalid: spec.template: spec.x: no")


@pytest.mark.parametrize("operator", ["In", "Exists"])
def test_selectors_may_be_expressions(operator: str) -> None:
    manifest = manifests.rollout()
    values = ["myapp"] if operator == "In" else []
    manifest["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": operator, "values": values}]}
    orphan = replica_set(V1, 3, owners=[])
    assert identify(Seen(rollout(manifest), (orphan,))).new is orphan
