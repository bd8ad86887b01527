"""Pages lead to what exists, and tables have no holes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_what_exists(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_quirk_of_argo_rollouts_has_its_row() -> None:
    rows = [line.split("|")[1:-1] for line in (ROOT / "docs" / "differences.md").read_text().splitlines()]
    quirks = [row for row in rows if row and row[0].strip().isdecimal()]
    assert [int(row[0]) for row in quirks] == list(range(1, 27))
    for number, *cells in quirks:
        assert all(cell.strip() for cell in cells), number
        assert re.match(r" (kept|half kept|mended)\b", cells[1]), number
