"""The real expr-lang, compiled for the comparison, and what the comparisons came to."""

import asyncio
from pathlib import Path

import pytest

from expr.compare import PROPERTY, Comparison
from serinus.local.build import Program, build

SOURCE = Path(__file__).parent / "oracle"


@pytest.fixture(scope="session")
def oracle() -> Path:
    """The program, from the cache or compiled. LocalError says how to get what is missing."""
    return asyncio.run(build(Program("expr-oracle", SOURCE)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was compared."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    found = [value for report in reports for name, value in report.user_properties if name == PROPERTY]
    if not found:
        return
    whole = Comparison()
    terminalreporter.section(PROPERTY)
    for name, counts in sorted(found):
        comparison = Comparison(counts)
        whole.add(comparison)
        terminalreporter.write_line(f"{name}: {comparison}")
    terminalreporter.write_line(f"all: {whole}")
