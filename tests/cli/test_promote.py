"""What `promote` writes, and where."""

from collections.abc import Callable
from typing import Any

import pytest

SHOP = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/shop"
PAUSED = {"paused": True}
UNPAUSE = {"spec": {"paused": False}}
NO_PAUSE: dict[str, Any] = {"pauseConditions": None, "controllerPause": False}
INCONCLUSIVE = {"canary": {"currentStepAnalysisRunStatus": {"name": "run", "status": "Inconclusive"}}}
BLUE_GREEN = {"strategy": {"blueGreen": {"activeService": "a"}}}
STEPLESS = {"strategy": {"canary": {}}}
SETTLED = {"stableRS": "new", "currentStepIndex": 4}


def status(**fields: Any) -> tuple[str, Any]:
    return (SHOP + "/status", {"status": fields})


CASES = [
    # flags, spec, status, what is sent in order
    ([], {}, {}, [status(pauseConditions=None)]),
    ([], PAUSED, {}, [status(pauseConditions=None), (SHOP, UNPAUSE)]),
    ([], {}, NO_PAUSE, [status(pauseConditions=None, currentStepIndex=2)]),
    ([], PAUSED, NO_PAUSE, [status(pauseConditions=None, currentStepIndex=2), (SHOP, UNPAUSE)]),
    ([], {}, NO_PAUSE | {"currentStepIndex": None}, [status(pauseConditions=None, currentStepIndex=1)]),
    ([], {}, NO_PAUSE | SETTLED, [status(pauseConditions=None, currentStepIndex=4)]),
    ([], {}, INCONCLUSIVE, [status(pauseConditions=None, controllerPause=False, currentStepIndex=2)]),
    ([], {}, INCONCLUSIVE | {"controllerPause": False}, [status(pauseConditions=None)]),
    ([], STEPLESS, NO_PAUSE, []),
    ([], STEPLESS | PAUSED, NO_PAUSE, [(SHOP, UNPAUSE)]),
    ([], BLUE_GREEN, {}, [status(pauseConditions=None)]),
    ([], BLUE_GREEN, NO_PAUSE, []),
    (["--full"], {}, {}, [status(promoteFull=True)]),
    (["--full"], PAUSED, {}, [status(promoteFull=True), (SHOP, UNPAUSE)]),
    (["--full"], {}, SETTLED, []),
    (["--full"], PAUSED, SETTLED, [(SHOP, UNPAUSE)]),
    (["-c"], {}, {}, [status(currentStepIndex=2)]),
    (["--skip-current-step"], {}, {"currentStepIndex": 4}, [status(currentStepIndex=4)]),
    (["-a"], {}, {}, [status(currentStepIndex=4)]),
    (["--skip-all-steps"], PAUSED, {}, [status(currentStepIndex=4)]),
]


@pytest.mark.parametrize(("flags", "spec", "state", "sent"), CASES)
def test_promote_sends_what_is_waited_for(
    flags: list[str], spec: Any, state: Any, sent: Any, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout(spec=spec, **state))
    said = serinus("promote", "shop", *flags)
    verb = "fully promoted" if "--full" in flags else "promoted"
    assert (said.code, said.out, said.err) == (0, f"rollout 'shop' {verb}\n", "")
    assert [(s.path, s.body) for s in api.sent] == sent
    assert {(s.method, s.content_type) for s in api.sent} <= {("PATCH", "application/merge-patch+json")}


def test_without_a_status_subresource_one_patch_carries_both(
    serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout(spec=PAUSED))
    api.missing.add("status")
    assert serinus("promote", "shop").code == 0
    assert (api.sent[-1].path, api.sent[-1].body) == (SHOP, {"status": {"pauseConditions": None}} | UNPAUSE)
    assert len(api.sent) == 2


@pytest.mark.parametrize(
    ("flags", "spec", "error"),
    [
        (["-c"], BLUE_GREEN, "Cannot skip steps of a bluegreen rollout. Run without a flags"),
        (["-a"], STEPLESS, "Cannot skip steps of a rollout without steps"),
        (["-a", "-c"], {}, "Cannot use skip-current-step and skip-all-steps flags at the same time"),
        (["-a", "--full"], {}, "--full, --skip-current-step and --skip-all-steps exclude each other"),
    ],
)
def test_promote_refuses_what_cannot_be_skipped(
    flags: list[str], spec: Any, error: str, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout(spec=spec))
    said = serinus("promote", "shop", *flags)
    assert (said.code, said.out, said.err) == (1, "", f"Error: {error}\n")
    assert api.sent == []
