"""Cases of routers in files: what is given, what is decided, what should be."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from serinus.api.kinds import Kind
from serinus.api.meta import ObjectMeta
from serinus.api.patches import difference, merged
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.router import Router, Traffic, Wanted

HERE = Path(__file__).parent
FILE = "layer.yaml"
"""What a folder says of its router, beside the cases."""
UID = "11111111-2222-3333-4444-555555555555"
NAMESPACE, NAME = "shop", "web"
OWNER = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "name": NAME,
    "uid": UID,
    "controller": True,
    "blockOwnerDeletion": True,
}

Manifest = dict[str, Any]
Objects = dict[Ref, Foreign]


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    story: str
    routing: Manifest
    """``trafficRouting`` of the Rollout."""
    given: list[Manifest]
    canary: Manifest = {}
    """Other fields of its canary strategy."""
    status: Manifest = {}
    traffic: Manifest = {}
    """The decided ``Traffic``, without the Rollout."""
    wanted: list[Manifest] = []
    """Every object afterwards, whole."""
    verified: bool | None = None
    problem: str = ""


def files(router: str) -> list[Path]:
    return sorted(path for path in (HERE / router).glob("*.yaml") if path.name != FILE)


def load(path: Path) -> Case:
    return msgspec.convert(yaml.safe_load(path.read_text()), Case)


def rollout(routing: Manifest, canary: Manifest | None = None, status: Manifest | None = None) -> Rollout:
    """A Rollout ``shop/web`` with the Services ``web`` and ``web-canary``."""
    services = {"stableService": "web", "canaryService": "web-canary"}
    strategy = {"canary": services | {"trafficRouting": routing} | (canary or {})}
    manifest = {"metadata": {"name": NAME, "namespace": NAMESPACE, "uid": UID}, "spec": {"strategy": strategy}}
    return msgspec.convert(manifest | {"status": status or {}}, Rollout)


def traffic(rollout: Rollout, **fields: Any) -> Traffic:
    weights = {"weight": 0, "canary_hash": "new", "stable_hash": "old", "max_weight": 100} | fields
    return msgspec.convert(weights | {"rollout": rollout}, Traffic)


def objects(manifests: Sequence[Manifest]) -> Objects:
    found = (foreign(manifest) for manifest in manifests)
    return {ref_of(item.raw): item for item in found}


def foreign(manifest: Manifest) -> Foreign:
    return Foreign(metadata=msgspec.convert(manifest["metadata"], ObjectMeta), raw=manifest)


def ref_of(manifest: Manifest) -> Ref:
    kind = Kind(manifest["apiVersion"], manifest["kind"], plural(manifest["kind"].lower()))
    return Ref(kind, manifest["metadata"].get("namespace", NAMESPACE), manifest["metadata"]["name"])


def plural(word: str) -> str:
    if word.endswith("s"):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def apply(router: Router, decided: Traffic, found: Objects) -> tuple[Objects, int]:
    """The objects after one look, and how many of them were written; what is ours and unwanted is deleted."""
    wanted = router.route(decided, found)
    result, writes = dict(found), 0
    for item in wanted:
        result, count = _written(result, item)
        writes += count
    if decided.is_settling:
        return result, writes
    gone = [
        ref for ref, item in found.items() if ref not in {one.ref for one in wanted} and is_ours(item, decided.rollout)
    ]
    return {ref: item for ref, item in result.items() if ref not in gone}, writes + len(gone)


def is_ours(item: Foreign, owner: Rollout | None = None) -> bool:
    controller = item.metadata.controller
    return controller is not None and controller.uid == (owner.metadata.uid if owner else UID)


def _written(found: Objects, item: Wanted) -> tuple[Objects, int]:
    present = found.get(item.ref)
    if present is None:
        return found | {item.ref: foreign(merged({}, item.manifest))}, 1
    body = difference(present.raw, item.manifest)
    return found | {item.ref: foreign(tidied(merged(present.raw, body)))}, 1 if body else 0


def tidied(manifest: Manifest) -> Manifest:
    """As the API keeps it: no empty labels or annotations."""
    metadata = {key: value for key, value in manifest["metadata"].items() if value != {}}
    return manifest | {"metadata": metadata}
