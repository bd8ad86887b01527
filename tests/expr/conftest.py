"""The real expr-lang, compiled for the comparison, and what the comparisons came to."""

import asyncio
from pathlib import Path

import pytest

from expr.compare import Comparison
from serinus.local.build import Program, build

SOURCE = Path(__file__).parent / "oracle"

compared_key = pytest.StashKey[dict[str, Comparison]]()


@pytest.fixture(scope="session")
def oracle() -> Path:
    """The program, from the cache or compiled. LocalError says how to get what is missing."""
    return asyncio.run(build(Program("expr-oracle", SOURCE)))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> dict[str, Comparison]:
    """Comparisons by name, for the end of the test run's output."""
    return request.config.stash.setdefault(compared_key, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was compared."""
    found = config.stash.get(compared_key, {})
    if not found:
        return
    whole = Comparison()
    for comparison in found.values():
        whole.counts.update(comparison.counts)
        whole.differences += comparison.differences
    terminalreporter.section("compared with expr-lang 1.17.8")
    for name, comparison in sorted(found.items()):
        terminalreporter.write_line(f"{name}: {comparison}")
    terminalreporter.write_line(f"all: {whole}")
