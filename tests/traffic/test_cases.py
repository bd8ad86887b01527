"""Every router writes what its case files say, once."""

from pathlib import Path

import msgspec
import pytest
import yaml
from msgspec.structs import replace

from traffic import layers
from traffic.cases import Objects, apply, files, load, objects, rollout, traffic
from traffic.layers import BUILT_IN

CASES = [(name, path) for name in BUILT_IN for path in files(name)]


@pytest.mark.parametrize(("name", "path"), CASES, ids=lambda value: value.stem if isinstance(value, Path) else value)
def test_objects_become_what_the_case_says(name: str, path: Path) -> None:
    case, layer = load(path), layers.router(name)
    decided = traffic(rollout(case.routing, case.canary, case.status), **case.traffic)
    given = objects(case.given)
    assert layer.serves(decided.rollout.spec.strategy.canary.traffic_routing)  # type: ignore[union-attr, arg-type]
    read = set(layer.reads(decided.rollout))
    assert all(ref in read or replace(ref, name="") in read for ref in given), "it does not look at what is given"
    assert layer.problem(decided.rollout, given) == case.problem
    if case.problem:
        return
    once, writes = apply(layer, decided, given)
    assert plain(once) == plain(objects(case.wanted))
    assert apply(layer, decided, once) == (once, 0), "applied twice, it is written twice"
    assert bool(writes) == (once != given)
    assert layer.verified(decided, once) == case.verified


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_router_has_cases(name: str) -> None:
    assert files(name), f"put given and wanted objects of {name} into {layers.folder(name)}"


def plain(found: Objects) -> str:
    """The objects as text, whose differences can be read."""
    by_name = {str(ref): item.raw for ref, item in found.items()}
    return yaml.safe_dump(msgspec.json.decode(msgspec.json.encode(by_name)), sort_keys=True)
