"""When containers start again."""

import pytest

from serinus.local.kubelet.restarts import Backoff, restarts


@pytest.mark.parametrize(
    ("policy", "code", "again"),
    [
        ("Always", 0, True),
        ("Always", 1, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 0, False),
        ("Never", 1, False),
    ],
)
def test_the_policy_says_whether_a_container_runs_again(policy: str, code: int, again: bool) -> None:
    assert restarts(policy, code) is again


def test_the_first_restart_comes_at_once_and_the_others_ever_later() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]


def test_a_long_life_makes_up_for_earlier_crashes() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after(1)
    assert backoff.after(600) == 0
