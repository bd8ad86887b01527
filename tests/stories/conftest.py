"""Every story plays in two worlds."""

from collections.abc import Iterator

import pytest

from stories.simulated import Simulated
from stories.stage import Stage


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    """A cluster in virtual time."""
    stage = Simulated()
    yield stage
    stage.check()


@pytest.fixture(params=["simulated"])
def stage(request: pytest.FixtureRequest) -> Stage:
    """Where a story plays."""
    found: Stage = request.getfixturevalue(request.param)
    return found
