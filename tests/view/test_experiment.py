"""How long an Experiment runs, and what is shown of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from serinus.view.experiment import ObservedExperiment, Span, span_of, view_of_experiment
from serinus.view.health import Health

BEGUN = "2026-01-01T00:00:00Z"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def experiment(duration: Any = None, **status: Any) -> Any:
    spec = {} if duration is None else {"duration": duration}
    return {"metadata": {"name": "trial", "uid": "u"}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("manifest", "span"),
    [
        (experiment(), Span()),
        (experiment("soon", availableAt=BEGUN), Span()),
        (experiment("", availableAt=BEGUN), Span()),
        (experiment("5m"), Span(300)),
        (experiment(90, availableAt=BEGUN), Span(90, EPOCH + 90)),
        (experiment("1m", availableAt=BEGUN, phase="Running"), Span(60, EPOCH + 60)),
        (experiment("1m", availableAt=BEGUN, phase="Failed"), Span(60)),
        ({"metadata": {"name": "bare"}}, Span()),
    ],
)
def test_it_runs_from_the_moment_when_all_is_available(manifest: Any, span: Span) -> None:
    assert span_of(manifest) == span


@pytest.mark.parametrize(
    ("phase", "shown", "health"),
    [
        ("", "Pending", Health.PENDING),
        ("Pending", "Pending", Health.PENDING),
        ("Running", "Running", Health.PROGRESSING),
        ("Successful", "Successful", Health.OK),
        ("Failed", "Failed", Health.BAD),
        ("Error", "Error", Health.ERROR),
        ("Inconclusive", "Inconclusive", Health.UNKNOWN),
    ],
)
def test_each_phase_has_its_sign(phase: str, shown: str, health: Health) -> None:
    view = view_of_experiment(ObservedExperiment(experiment(phase=phase, message="why")))
    assert (view.phase.name, view.health, view.phase.message) == (shown, health, "why")
    assert (view.tree.sign, view.tree.status, view.tree.health) == ("Σ", shown, health)
