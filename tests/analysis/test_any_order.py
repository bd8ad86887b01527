"""The order in which metrics finish decides nothing, and limits are kept."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.scenes import Shell, metric, run_of
from serinus.plan import Measure

PHASES = st.sampled_from(("Successful", "Successful", "Failed", "Inconclusive", "Error"))
NAMES = ("a", "b", "c", "d")
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "failureLimit": st.integers(0, 2),
        "inconclusiveLimit": st.integers(0, 2),
        "consecutiveErrorLimit": st.integers(0, 2),
    },
)


@st.composite
def scripts(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, str]], dict[str, list[str]]]:
    """Metrics, dry-run rules, and what each measurement of each metric says."""
    names = NAMES[: draw(st.integers(2, 4))]
    metrics = [metric(name, interval="5s", count=4, **draw(LIMITS)) for name in names]
    dry = [{"metricName": f"^{name}$"} for name in sorted(draw(st.sets(st.sampled_from(names), max_size=1)))]
    return metrics, dry, {name: draw(st.lists(PHASES, min_size=12, max_size=12)) for name in names}


def play(script: Any, data: st.DataObject | None) -> Shell:
    """A run to its end; measurements that go on at the same time end in the order that data draws."""
    metrics, dry, says = script
    shell = Shell(run_of(*metrics, dryRun=dry), lambda ask: says[ask.metric][ask.number - 1])
    while True:
        shell.look()
        while shell.measuring:
            ask: Measure | None = data.draw(st.sampled_from(shell.measuring)) if data else None
            shell.answer(ask)
            if data is None or data.draw(st.booleans()):
                shell.look()
        shell.look()
        if shell.is_over:
            return shell
        assert shell.plan.wake is not None
        shell.now = shell.plan.wake


@settings(max_examples=300, deadline=None)
@given(script=scripts(), data=st.data())
def test_the_phase_of_a_run_does_not_depend_on_the_order_in_which_metrics_finish(
    script: Any, data: st.DataObject
) -> None:
    assert play(script, data).phase == play(script, None).phase


@settings(max_examples=200, deadline=None)
@given(script=scripts(), data=st.data())
def test_limits_are_overrun_by_no_more_than_what_is_being_measured(script: Any, data: st.DataObject) -> None:
    shell = play(script, data)
    for spec in script[0]:
        found = shell.run.status.result(spec["name"])
        if found is None:
            continue
        assert found.count <= spec["count"]
        assert found.failed <= spec.get("failureLimit", 0) + 1
        assert found.inconclusive <= spec.get("inconclusiveLimit", 0) + 1
        assert found.consecutive_error <= spec.get("consecutiveErrorLimit", 4) + 1
    assert not shell.measuring
    assert shell.look().is_empty


@settings(max_examples=100, deadline=None)
@given(script=scripts(), data=st.data())
def test_a_run_ends_once_whatever_comes_late(script: Any, data: st.DataObject) -> None:
    shell = play(script, data)
    assert sum(event.reason.startswith("AnalysisRun") for event in shell.events) == 1
