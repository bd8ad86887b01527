"""Verdicts over a row of answers."""

import pytest

from serinus.local.kubelet.probes import Tally


@pytest.mark.parametrize(
    ("success", "failure", "answers", "verdicts"),
    [
        (1, 3, "+", "+"),
        (1, 3, "---", "??-"),
        (1, 3, "+--+---", "++++++-"),
        (2, 1, "+-++", "?--+"),
        (2, 2, "+-+-", "????"),
    ],
)
def test_a_verdict_needs_its_threshold_in_a_row(success: int, failure: int, answers: str, verdicts: str) -> None:
    tally = Tally(success, failure)
    found = [tally.count(answer == "+") for answer in answers]
    assert "".join({True: "+", False: "-", None: "?"}[verdict] for verdict in found) == verdicts
