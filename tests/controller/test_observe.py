"""What a decision about a Rollout sees of its analyses."""

from typing import Any

import msgspec

from controller.test_analysis_stores import ANALYSIS, Cluster, rollout, run
from serinus.api.analysis_ref import TemplateRef
from serinus.api.kinds import ANALYSIS_RUN, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE
from serinus.api.rollout import Rollout
from serinus.controller.observe import observe
from serinus.plan import Ref, Seen, Settings

Manifest = dict[str, Any]


def template(name: str, *nested: Manifest, namespace: str = "shop") -> Manifest:
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"templates": list(nested)}}


def sight(cluster: Cluster) -> Seen:
    found = msgspec.convert(rollout({"canary": {"analysis": ANALYSIS}}), Rollout)
    return observe(cluster.stores, {}, Settings(), found)


async def test_templates_are_seen_with_those_that_they_name() -> None:
    cluster = Cluster()
    common = {"templateName": "common", "clusterScope": True}
    await cluster.bring(ANALYSIS_TEMPLATE, template("errors", {"templateName": "gone"}, common))
    await cluster.bring(ANALYSIS_TEMPLATE, template("other"))
    await cluster.bring(ANALYSIS_TEMPLATE, template("errors", namespace="elsewhere"))
    await cluster.bring(CLUSTER_ANALYSIS_TEMPLATE, template("common", {"templateName": "errors"}, namespace=""))
    seen = sight(cluster)
    assert set(seen.templates) == {
        TemplateRef(template_name="errors"),
        TemplateRef(template_name="common", cluster_scope=True),
    }
    assert seen.templates[TemplateRef(template_name="errors")].metadata.namespace == "shop"


async def test_a_template_that_cannot_be_read_is_seen_with_the_reason() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_TEMPLATE, template("errors") | {"spec": {"metrics": {}}})
    assert sight(cluster).unreadable == {
        TemplateRef(template_name="errors"): "spec.metrics: Invalid value: expected array, got object"
    }


async def test_runs_of_the_rollout_are_seen_and_those_of_others_are_not() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run("Running"))
    other = run("Running")
    other["metadata"] |= {"name": "stray", "ownerReferences": []}
    await cluster.bring(ANALYSIS_RUN, other)
    assert [item.name for item in sight(cluster).runs] == ["web-1"]


async def test_a_run_that_cannot_be_read_counts_as_an_error() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run() | {"spec": {"metrics": 3}})
    (found,) = sight(cluster).runs
    assert (found.status.phase, found.status.message) == (
        "Error",
        "spec.metrics: Invalid value: expected array, got int",
    )


async def test_a_cluster_that_does_not_know_runs_is_seen() -> None:
    cluster = Cluster()
    cluster.stores.informers[ANALYSIS_RUN].missing = True
    (ref,) = sight(cluster).unseen
    assert ref == Ref(ANALYSIS_RUN, "shop", "")
