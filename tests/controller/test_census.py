"""Metrics about AnalysisRuns and templates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from controller.test_analysis_stores import Cluster
from controller.test_analysis_stores import run as run_of_rollout
from serinus.api.kinds import ANALYSIS_RUN, ANALYSIS_TEMPLATE
from serinus.controller.telemetry import Telemetry
from serinus.kube import Key

METRICS = [
    {"name": "errors", "provider": {"web": {"url": "u"}}},
    {"name": "load", "provider": {"plugin": {"mine": {}}}},
    {"name": "nothing", "provider": {}},
]


async def told(cluster: Cluster) -> list[str]:
    registry: CollectorRegistry = Telemetry(cluster.stores).registry
    return [line for line in generate_latest(registry).decode().splitlines() if line.startswith("analysis_")]


def run(**status: Any) -> dict[str, Any]:
    manifest = run_of_rollout()
    return manifest | {"spec": {"metrics": METRICS}, "status": status}


async def test_a_run_is_told_with_its_metrics() -> None:
    cluster = Cluster()
    results = [{"name": "errors", "phase": "Failed", "dryRun": True}]
    await cluster.bring(ANALYSIS_RUN, run(phase="Running", metricResults=results))
    lines = await told(cluster)
    place = 'name="web-1",namespace="shop"'
    assert f'analysis_run_info{{{place},phase="Running"}} 1.0' in lines
    errors = 'dry_run="true",metric="errors",name="web-1",namespace="shop"'
    assert f'analysis_run_metric_phase{{{errors},phase="Failed",type="WebMetric"}} 1.0' in lines
    assert not [line for line in lines if 'phase="Error"' in line]
    load = 'dry_run="false",metric="load",name="web-1",namespace="shop"'
    assert f'analysis_run_metric_phase{{{load},phase="Pending",type="mine"}} 1.0' in lines
    assert f'analysis_run_metric_type{{metric="nothing",{place},type="Unknown"}} 1.0' in lines


async def test_a_run_that_cannot_be_read_is_an_error() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run() | {"spec": 5})
    assert 'analysis_run_info{name="web-1",namespace="shop",phase="Error"} 1.0' in await told(cluster)


async def test_no_series_outlives_its_run() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run())
    cluster.stores.runs.drop("shop", "web-1")
    assert not [line for line in await told(cluster) if "web-1" in line]


@pytest.mark.parametrize(("minutes", "is_told"), [(50, True), (70, False)])
async def test_a_run_is_told_of_for_an_hour_after_its_end(minutes: int, is_told: bool) -> None:
    cluster = Cluster()
    ended = datetime.now(UTC) - timedelta(minutes=minutes)
    await cluster.bring(ANALYSIS_RUN, run(phase="Failed", completedAt=ended.isoformat()))
    assert any("web-1" in line for line in await told(cluster)) == is_told


async def test_templates_are_told() -> None:
    cluster = Cluster()
    manifest = {"metadata": {"name": "t", "namespace": "shop"}, "spec": {"metrics": METRICS[:1]}}
    await cluster.bring(ANALYSIS_TEMPLATE, manifest)
    lines = await told(cluster)
    assert 'analysis_template_info{name="t",namespace="shop"} 1.0' in lines
    assert 'analysis_template_metric_info{metric="errors",name="t",namespace="shop",type="WebMetric"} 1.0' in lines


async def test_turns_are_counted_by_kind() -> None:
    telemetry = Telemetry(Cluster().stores)
    telemetry.turn(Key("AnalysisRun", "shop", "web-1"), 0.001, "failed")
    telemetry.turn(Key("Rollout", "shop", "web"), 0.001, "done")
    lines = generate_latest(telemetry.registry).decode().splitlines()
    assert "analysis_run_reconcile_count 1.0" in lines
    assert "rollout_reconcile_count 1.0" in lines
    assert 'analysis_run_reconcile_error_total{name="web-1",namespace="shop"} 1.0' in lines


async def test_no_count_of_failures_outlives_its_object() -> None:
    telemetry = Telemetry(Cluster().stores)
    telemetry.turn(Key("Experiment", "shop", "web"), 0.001, "failed")
    telemetry.turn(Key("Rollout", "shop", "web"), 0.001, "failed")
    telemetry.turn(Key("Experiment", "shop", "web"), 0.001, "gone")
    text = generate_latest(telemetry.registry).decode()
    assert "experiment_reconcile_error_total{" not in text
    assert 'rollout_reconcile_error_total{name="web",namespace="shop"} 1.0' in text
