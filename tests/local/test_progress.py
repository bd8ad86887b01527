"""A long wait tells how far it has come."""

import io

from hypothesis import given
from hypothesis import strategies as st

from serinus.local.progress import shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.integers(min_value=1, max_value=5000))
def test_without_a_terminal_there_is_a_line_per_tenth_of_the_way(total: int) -> None:
    stream = io.StringIO()
    with shown("building bird", stream) as progress:
        for done in range(1, total + 1):
            progress.reach(done, total)
    lines = stream.getvalue().splitlines()
    percents = [int(line.removeprefix("building bird: ").partition(" %")[0]) for line in lines]
    assert lines[-1] == f"building bird: 100 % ({total} of {total} packages)"
    assert percents == sorted(set(percents))
    assert len(lines) == min(total, len({percent // 10 for percent in percents}))


def test_without_a_terminal_what_is_said_is_a_line() -> None:
    stream = io.StringIO()
    with shown("building bird", stream) as progress:
        progress.say("ready")
    assert stream.getvalue() == "building bird: ready\n"


def test_on_a_terminal_there_is_a_bar() -> None:
    stream = Terminal()
    with shown("building bird", stream) as progress:
        progress.say("3 modules fetched")
        progress.reach(6, 12)
    assert "building bird: 6 of 12 packages" in stream.getvalue()
    assert "50%" in stream.getvalue()
