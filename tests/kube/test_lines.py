"""Lines do not depend on how the network cuts them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from serinus.kube.lines import Lines


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_any_cut_gives_the_same_lines(data, cuts):
    edges = sorted({0, len(data), *(cut for cut in cuts if cut <= len(data))})
    lines = Lines()
    found = [line for start, end in pairwise(edges) for line in lines.feed(data[start:end])]
    *whole, rest = data.split(b"\n")
    assert found == [line for line in whole if line]
    assert lines.rest() == rest
