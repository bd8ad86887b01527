"""Every story plays in two worlds."""

from collections.abc import Iterator

import pytest

from stories.simulated import Simulated
from stories.stage import Stage

SEEDS = range(3)
"""Each one is another order of events."""


@pytest.fixture(params=SEEDS, ids="simulated{}".format)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Where a story plays."""
    simulated = Simulated(seed=request.param)
    yield simulated
    simulated.check()
