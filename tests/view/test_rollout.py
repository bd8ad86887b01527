"""The tree of a Rollout: what belongs to it, in which role and order."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.view.health import Health
from serinus.view.rollout import Observed, view_of
from serinus.view.tree import Node

NOW = datetime(2026, 1, 1, 0, 10, tzinfo=UTC)


def meta(name: str, owner: str = "", revision: int = 0, **more: Any) -> dict[str, Any]:
    annotations = {"rollout.argoproj.io/revision": str(revision)} if revision else {}
    return {
        "name": name,
        "uid": f"uid-{name}",
        "annotations": annotations | more.pop("annotations", {}),
        "ownerReferences": [{"uid": f"uid-{owner}", "controller": True}] if owner else [],
        **{"creationTimestamp": "2026-01-01T00:00:00Z"} | more,
    }


def replica_set(hash_: str, revision: int, owner: str = "shop", replicas: int = 1, **more: Any) -> ReplicaSet:
    labels = {"rollouts-pod-template-hash": hash_}
    return msgspec.convert(
        {
            "metadata": meta(f"{owner}-{hash_}", owner, revision, labels=labels, **more),
            "spec": {
                "replicas": replicas,
                "template": {"spec": {"containers": [{"name": "web", "image": f"nginx:{hash_}"}]}},
            },
            "status": {"replicas": replicas, "availableReplicas": replicas, "readyReplicas": replicas},
        },
        ReplicaSet,
    )


def rollout(strategy: dict[str, Any], **status: Any) -> Rollout:
    return msgspec.convert(
        {"metadata": meta("shop"), "spec": {"strategy": strategy}, "status": {"phase": "Healthy", **status}}, Rollout
    )


def outline(node: Node, depth: int = 0) -> list[str]:
    line = " ".join(filter(None, ["  " * depth + node.sign, node.name, node.status, node.info(NOW)]))
    return [line, *(row for child in node.children for row in outline(child, depth + 1))]


def test_everything_that_is_owned_stands_under_its_revision_newest_first() -> None:
    run = {
        "metadata": meta("shop-run", "shop", 2),
        "status": {
            "phase": "Failed",
            "metricResults": [
                {
                    "successful": 1,
                    "failed": 2,
                    "measurements": [
                        {"metadata": {"job-name": "probe"}, "phase": "Failed", "startedAt": "2026-01-01T00:00:00Z"}
                    ],
                },
                {"failed": 1, "inconclusive": 1, "error": 3},
            ],
        },
    }
    observed = Observed(
        rollout=rollout({"canary": {}}, currentPodHash="b", stableRS="a"),
        replica_sets=(
            replica_set("a", 1),
            replica_set("b", 2),
            replica_set("z", 3, owner="other"),
            replica_set("e", 0, owner="trial"),
        ),
        pods=({"metadata": meta("p2", "shop-a")}, {"metadata": meta("p1", "shop-a")}, {"metadata": meta("px", "else")}),
        analysis_runs=(run, {"metadata": meta("trial-run", "trial")}),
        experiments=({"metadata": meta("trial", "shop", 2), "status": {"phase": "Running"}},),
    )
    assert outline(view_of(observed).tree) == [
        "⟳ shop Healthy",
        "  # revision:2",
        "    ⧉ shop-b Healthy canary",
        "    Σ trial Running",
        "      ⧉ trial-e Healthy",
        "      α trial-run Pending",
        "    α shop-run Failed ✔ 1,✖ 3,? 1,⚠ 3",
        "      ⊞ probe Failed",
        "  # revision:1",
        "    ⧉ shop-a Healthy stable",
        "      □ p1 Unknown ready:0/0",
        "      □ p2 Unknown ready:0/0",
    ]


@pytest.mark.parametrize(
    ("strategy", "status", "info"),
    [
        ({"canary": {}}, {"stableRS": "a", "currentPodHash": "a"}, "stable"),
        ({"canary": {}}, {"stableRS": "x", "currentPodHash": "a"}, "canary"),
        ({"canary": {}}, {"stableRS": "x", "currentPodHash": "y"}, ""),
        (
            {"blueGreen": {"activeService": "a"}},
            {"stableRS": "a", "blueGreen": {"activeSelector": "a", "previewSelector": "a"}},
            "stable,active",
        ),
        (
            {"blueGreen": {"activeService": "a"}},
            {"stableRS": "x", "blueGreen": {"activeSelector": "x", "previewSelector": "a"}},
            "preview",
        ),
        (
            {"canary": {"pingPong": {"pingService": "p", "pongService": "q"}}},
            {"stableRS": "a", "canary": {"stablePingPong": "ping"}},
            "stable,ping",
        ),
        (
            {"canary": {"pingPong": {"pingService": "p", "pongService": "q"}}},
            {"stableRS": "x", "currentPodHash": "a", "canary": {"stablePingPong": "ping"}},
            "canary,pong",
        ),
        ({"canary": {"pingPong": {"pingService": "p", "pongService": "q"}}}, {"stableRS": "a"}, "stable,pong"),
    ],
)
def test_a_replica_set_tells_its_role(strategy: dict[str, Any], status: dict[str, Any], info: str) -> None:
    view = view_of(Observed(rollout(strategy, **status), (replica_set("a", 1),)))
    assert view.tree.children[0].children[0].info(NOW) == info


@pytest.mark.parametrize(
    ("deadline", "info"),
    [("2026-01-01T00:10:30Z", "delay:30s"), ("2026-01-01T00:09:00Z", "delay:passed"), ("soon", "")],
)
def test_a_scale_down_delay_is_counted_down(deadline: str, info: str) -> None:
    item = replica_set("a", 1, annotations={"scale-down-deadline": deadline})
    view = view_of(Observed(rollout({"canary": {}}), (item,)))
    assert view.tree.children[0].children[0].info(NOW) == info


FAILURE = [{"type": "ReplicaFailure", "status": "True"}]


@pytest.mark.parametrize(
    ("replicas", "status", "text", "health"),
    [
        (0, {}, "ScaledDown", Health.SCALED_DOWN),
        (0, {"replicas": 1}, "Progressing", Health.PROGRESSING),
        (2, {"replicas": 2, "availableReplicas": 1}, "Progressing", Health.PROGRESSING),
        (2, {"replicas": 2, "availableReplicas": 2}, "Healthy", Health.OK),
        (2, {"replicas": 0, "conditions": FAILURE}, "ReplicaFailure", Health.BAD),
    ],
)
def test_a_replica_set_tells_how_it_is(replicas: int, status: dict[str, Any], text: str, health: Health) -> None:
    item = msgspec.structs.replace(
        replica_set("a", 1, replicas=replicas), status=msgspec.convert(status, type(replica_set("a", 1).status))
    )
    node = view_of(Observed(rollout({"canary": {}}), (item,))).tree.children[0].children[0]
    assert (node.status, node.health) == (text, health)


def test_images_are_those_that_run_with_the_roles_that_run_them() -> None:
    fleet = replica_set("e", 0, owner="trial", annotations={"experiment.argoproj.io/template-name": "baseline"})
    observed = Observed(
        rollout({"canary": {}}, currentPodHash="b", stableRS="a"),
        (replica_set("b", 3), replica_set("a", 2), replica_set("c", 1, replicas=0), fleet),
        experiments=({"metadata": meta("trial", "shop", 3)},),
    )
    assert [str(image) for image in view_of(observed).images] == [
        "nginx:a (stable)",
        "nginx:b (canary)",
        "nginx:e (Σ:baseline)",
    ]


def test_a_view_does_not_change_while_nothing_does() -> None:
    deadline = {"scale-down-deadline": "2026-01-01T00:10:30Z"}
    observed = Observed(rollout({"canary": {}}), (replica_set("a", 1, annotations=deadline),))
    assert view_of(observed) == view_of(observed)


def test_an_object_that_says_nothing_of_its_owner_belongs_to_nobody() -> None:
    nameless = msgspec.convert({"metadata": {"name": "shop"}}, Rollout)
    stray = msgspec.convert({"metadata": {"name": "x", "ownerReferences": [{"name": "shop"}]}}, ReplicaSet)
    assert view_of(Observed(nameless, (stray,))).tree.children == ()


@pytest.mark.parametrize("created", [None, "yesterday"])
def test_a_thing_whose_age_nobody_can_read_has_none(created: str | None) -> None:
    pod = {"metadata": meta("p", "shop-a", creationTimestamp=created)}
    view = view_of(Observed(rollout({"canary": {}}), (replica_set("a", 1),), (pod,)))
    assert view.tree.children[0].children[0].children[0].created is None
