"""Ephemeral metadata: what changes on a ReplicaSet and on its pods."""

import json
from typing import Any

import msgspec
import pytest

from rollout.scenes import NAMESPACE, NOW, plan, replica_set, rollout, updating, with_steps_hash
from serinus.api import keys
from serinus.api.kinds import POD
from serinus.api.meta import PodTemplateMeta
from serinus.api.workload import Pod, ReplicaSet
from serinus.plan import Listed, Patch, Pods, Ref, Seen
from serinus.rollout.ephemeral import change_of
from serinus.rollout.injected import own_template
from stories import manifests
from stories.manifests import V1, V2, pause

CANARY_PART = PodTemplateMeta(labels={"part": "canary"}, annotations={"told": "new"})
LABELS = {"labels": {"part": "stable"}}


def carrying(labels: dict[str, str], **annotations: str) -> ReplicaSet:
    """A version whose template has labels besides its own, and notes about them."""
    item = replica_set(V1, 3, annotations=annotations)
    template = item.spec.template
    labelled = template | {"metadata": {"labels": template["metadata"]["labels"] | labels}}
    return msgspec.structs.replace(item, spec=msgspec.structs.replace(item.spec, template=labelled))


def pod(name: str, owner: ReplicaSet, **labels: str) -> Pod:
    reference = {"kind": "ReplicaSet", "name": owner.name, "uid": owner.metadata.uid, "controller": True}
    metadata = {"name": name, "uid": f"uid-of-{name}", "labels": labels, "ownerReferences": [reference]}
    return msgspec.convert({"metadata": metadata}, Pod)


def test_the_template_the_note_and_what_pods_still_need_are_written_at_once() -> None:
    body = change_of(replica_set(V1, 2), CANARY_PART)
    given = {"labels": {"part": "canary"}, "annotations": {"told": "new"}}
    assert body["spec"] == {"template": {"metadata": given}}
    notes = body["metadata"]["annotations"]
    assert json.loads(notes[keys.EPHEMERAL_METADATA]) == given
    assert json.loads(notes[keys.PODS_BEHIND]) == given
    assert keys.COVERED_METADATA not in notes


def test_nothing_is_written_for_a_version_that_has_its_metadata() -> None:
    note = '{"labels":{"part":"canary"}}'
    item = carrying({"part": "canary"}, **{keys.EPHEMERAL_METADATA: note})
    assert change_of(item, PodTemplateMeta(labels={"part": "canary"})) == {}


def test_only_what_was_injected_is_taken_out() -> None:
    item = carrying({"part": "canary", "team": "web"}, **{keys.EPHEMERAL_METADATA: '{"labels":{"part":"canary"}}'})
    body = change_of(item, PodTemplateMeta())
    assert body["spec"] == {"template": {"metadata": {"labels": {"part": None}}}}
    assert body["metadata"]["annotations"][keys.EPHEMERAL_METADATA] is None


def test_a_label_of_the_template_that_was_covered_comes_back() -> None:
    notes = {keys.EPHEMERAL_METADATA: '{"labels":{"tier":"trial"}}', keys.COVERED_METADATA: '{"labels":{"tier":"web"}}'}
    item = carrying({"tier": "trial"}, **notes)
    assert own_template(item)["metadata"]["labels"]["tier"] == "web"
    assert change_of(item, PodTemplateMeta())["spec"] == {"template": {"metadata": {"labels": {"tier": "web"}}}}


def test_a_change_that_pods_have_not_yet_joins_the_next_one() -> None:
    notes = {keys.EPHEMERAL_METADATA: '{"labels":{"a":"1"}}', keys.PODS_BEHIND: '{"labels":{"a":"1","old":null}}'}
    body = change_of(carrying({"a": "1"}, **notes), PodTemplateMeta(labels={"b": "2"}))
    assert json.loads(body["metadata"]["annotations"][keys.PODS_BEHIND]) == {
        "labels": {"a": None, "b": "2", "old": None}
    }


@pytest.mark.parametrize("note", ["{oops", "[]", '{"labels":{"a":1}}'])
def test_a_note_that_cannot_be_read_takes_nothing_out(note: str) -> None:
    item = carrying({"team": "web"}, **{keys.EPHEMERAL_METADATA: note})
    assert own_template(item)["metadata"]["labels"]["team"] == "web"


BEHIND = {
    keys.PODS_BEHIND: '{"labels":{"gone":null,"part":"stable"}}',
    keys.EPHEMERAL_METADATA: '{"labels":{"part":"stable"}}',
}


def relabelling(*pods: Pod, owner: ReplicaSet) -> Any:
    seen = settled(owner)
    (ask,) = plan(seen).asks
    assert isinstance(ask, Pods)
    return plan(msgspec.structs.replace(seen, answers={ask: Listed(pods)}))


def settled(owner: ReplicaSet) -> Seen:
    manifest = manifests.rollout((pause(),), replicas=3, stableMetadata=LABELS)
    return Seen(with_steps_hash(rollout(manifest, **updating(V1, V1))), (owner,))


def test_pods_are_brought_to_what_their_version_says_and_the_note_goes_last() -> None:
    owner, other = carrying({"part": "stable"}, **BEHIND), replica_set(V2, 1)
    pods = pod("right", owner, part="stable"), pod("wrong", owner, gone="x"), pod("strange", other)
    first, last = relabelling(*pods, owner=owner).writes[-2:]
    metadata = {"uid": "uid-of-wrong", "labels": {"gone": None, "part": "stable"}}
    assert first == Patch(Ref(POD, NAMESPACE, "wrong"), {"metadata": metadata})
    assert last.ref.name == owner.name
    assert last.body["metadata"]["annotations"] == {keys.PODS_BEHIND: None}


def test_many_pods_are_changed_in_several_goes() -> None:
    owner = carrying({"part": "stable"}, **BEHIND)
    found = relabelling(*(pod(f"pod-{number}", owner) for number in range(45)), owner=owner)
    assert len([write for write in found.writes if write.ref.kind == POD]) == 20
    assert not any("pods-behind" in str(write) for write in found.writes)
    assert found.wake > NOW


def test_pods_are_listed_only_when_no_more_can_come_from_the_template_as_it_was() -> None:
    owner = carrying({"part": "stable"}, **BEHIND)
    unobserved = msgspec.structs.replace(owner, status=msgspec.structs.replace(owner.status, observed_generation=0))
    assert plan(settled(unobserved)).asks == ()
