"""Commands that change a Rollout by a patch: what is sent, and what is said."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

SHOP = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/shop"
MERGE = "application/merge-patch+json"
CASES = [
    (["abort"], {"status": {"abort": True}}, "/status", "aborted"),
    (["retry", "rollout"], {"status": {"abort": False}}, "/status", "retried"),
    (["retry", "ro"], {"status": {"abort": False}}, "/status", "retried"),
    (["retry", "rollouts"], {"status": {"abort": False}}, "/status", "retried"),
    (["pause"], {"spec": {"paused": True}}, "", "paused"),
]


@pytest.mark.parametrize(("command", "patch", "subresource", "verb"), CASES)
def test_one_patch_is_sent_and_told(
    command: list[str], patch: Any, subresource: str, verb: str, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout())
    said = serinus(*command, "shop")
    assert (said.code, said.out, said.err) == (0, f"rollout 'shop' {verb}\n", "")
    assert [(s.method, s.path, s.body, s.content_type) for s in api.sent] == [
        ("PATCH", SHOP + subresource, patch, MERGE)
    ]


@pytest.mark.parametrize(("command", "patch", "verb"), [(c[0], c[1], c[3]) for c in CASES if c[2]])
def test_where_there_is_no_status_subresource_the_object_itself_is_patched(
    command: list[str], patch: Any, verb: str, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout())
    api.missing.add("status")
    assert serinus(*command, "shop").out == f"rollout 'shop' {verb}\n"
    assert [(s.path, s.body) for s in api.sent] == [(SHOP + "/status", patch), (SHOP, patch)]


@pytest.mark.parametrize("command", [["abort"], ["retry", "rollout"], ["pause"]])
def test_of_several_names_one_that_is_missing_does_not_stop_the_others(
    command: list[str], serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout("a"), "east")
    api.put("rollouts", rollout("b"), "east")
    said = serinus(*command, "a", "ghost", "b", "-n", "east")
    assert said.code == 1
    assert [line.split()[1] for line in said.out.splitlines()] == ["'a'", "'b'"]
    assert said.err == 'Error: rollouts.argoproj.io "ghost" not found\n'


@pytest.mark.parametrize(
    ("flags", "seconds", "told"), [([], 0, "0s"), (["-i", "10s"], 10, "10s"), (["--in=1h"], 3600, "1h")]
)
def test_restart_sets_the_moment(
    flags: list[str], seconds: int, told: str, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout())
    before = datetime.now(UTC).replace(microsecond=0)
    assert serinus("restart", "shop", *flags).out == f"rollout 'shop' restarts in {told}\n"
    text = api.sent[0].body["spec"]["restartAt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    assert before <= datetime.fromisoformat(text) - timedelta(seconds=seconds) <= datetime.now(UTC)


@pytest.mark.parametrize("delay", ["soon", "99999999999999h"])
def test_restart_refuses_a_delay_that_is_none(delay: str, serinus: Any, api: Any) -> None:
    said = serinus("restart", "shop", "--in", delay)
    assert said.code == 1
    assert said.err.startswith("Error: Invalid value for '--in': ")
    assert api.sent == []


KINDS = [
    # command, its other names, plural, patch, what is told
    (["terminate", "analysisrun"], ["ar", "analysisruns"], "analysisruns", {"spec": {"terminate": True}}),
    (["terminate", "experiment"], ["exp", "experiments"], "experiments", {"spec": {"terminate": True}}),
    (["retry", "experiment"], ["exp", "experiments"], "experiments", {"status": None}),
]
TOLD = {
    "terminate analysisrun": "analysisRun 'trial' terminated\n",
    "terminate experiment": "experiment 'trial' terminated\n",
    "retry experiment": "experiment 'trial' retried\n",
}


@pytest.mark.parametrize(("command", "others", "plural", "patch"), KINDS)
def test_runs_and_experiments_are_patched_as_a_whole(
    command: list[str], others: list[str], plural: str, patch: Any, serinus: Any, api: Any
) -> None:
    api.put(plural, {"metadata": {"name": "trial"}})
    for word in (command[1], *others):
        said = serinus(command[0], word, "trial")
        assert (said.code, said.out, said.err) == (0, TOLD[" ".join(command)], "")
    path = f"/apis/argoproj.io/v1alpha1/namespaces/default/{plural}/trial"
    assert {(s.method, s.path, s.content_type) for s in api.sent} == {("PATCH", path, MERGE)}
    assert [s.body for s in api.sent] == [patch] * 3


@pytest.mark.parametrize("reason", ["Forbidden", "Invalid"])
def test_what_the_api_refuses_is_told_in_its_own_words(
    reason: str, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout())
    api.refusals.append((403 if reason == "Forbidden" else 422, reason, "spec.paused: not today"))
    said = serinus("pause", "shop")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("Error: spec.paused: not today")
