"""What is given, what is wanted, and what is told: one file each."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from serinus.migrate import Parent, Source, migrate

CASES = sorted(Path(__file__).parent.glob("cases/*.yaml"))


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    story: str
    given: list[dict[str, Any]]
    parent: dict[str, str]
    wanted: list[dict[str, Any]]
    lost: list[str] = []
    keep_nginx: bool = False


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_what_is_printed_is_what_is_wanted(file: Path) -> None:
    case = msgspec.convert(yaml.safe_load(file.read_text()), Case)
    before = yaml.safe_dump(case.given)
    kinds = {kind: [one for one in case.given if one["kind"] == kind] for kind in ("Rollout", "Ingress", "Service")}
    source = Source(kinds["Rollout"], kinds["Ingress"], kinds["Service"])
    migration = migrate(source, Parent(**case.parent), keep_nginx=case.keep_nginx)
    assert list(migration.manifests) == case.wanted
    assert list(migration.losses) == case.lost
    assert yaml.safe_dump(case.given) == before
