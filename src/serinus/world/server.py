"""The API server: what it keeps, what it sets by itself, and what it refuses."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from serinus.api.kinds import DEPLOYMENT, INGRESS, POD, POD_TEMPLATE, REPLICA_SET, ROLLOUT, Kind
from serinus.api.patches import merged
from serinus.api.scalar import Manifest
from serinus.plan import Ref
from serinus.world.admission import complaint, with_defaults
from serinus.world.pruning import pruned

_WITH_GENERATION = (ROLLOUT, REPLICA_SET, DEPLOYMENT, POD_TEMPLATE, INGRESS)
_OF_THE_SERVER = ("name", "namespace", "uid", "generation", "creationTimestamp", "deletionTimestamp", "resourceVersion")


class RefusalError(Exception):
    """The API does not take a request.

    ``kind`` is ``invalid``, ``taken`` (the name is), ``missing`` or ``conflict`` (it is not the object that was meant).
    """

    def __init__(self, kind: Literal["invalid", "taken", "missing", "conflict"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Server:
    """Objects by reference, each with the metadata that the API gives it.

    ``version`` goes up with every change, and with changes only. What is read must not be changed in place.
    """

    def __init__(self) -> None:
        self.objects: dict[Ref, Manifest] = {}
        self.version = 0
        self.schemas: dict[Kind, dict[str, Any]] = {}
        """The definitions of kinds; objects of others keep all fields."""
        self._kinds: defaultdict[Kind, dict[Ref, Manifest]] = defaultdict(dict)
        """The same, by kind: most questions are about one."""
        self._born = 0

    def find(self, ref: Ref) -> Manifest | None:
        """The object, or None."""
        return self.objects.get(ref)

    def read(self, ref: Ref) -> Manifest:
        """The object; raises RefusalError when there is none."""
        found = self.objects.get(ref)
        if found is None:
            raise RefusalError("missing", f'{_resource(ref)} "{ref.name}" not found')
        return found

    def list(self, kind: Kind, namespace: str = "") -> Iterator[tuple[Ref, Manifest]]:
        """All objects of a kind, oldest first."""
        for ref, item in list(self._kinds[kind].items()):
            if namespace in {"", ref.namespace}:
                yield ref, item

    def create(self, ref: Ref, manifest: Manifest, now: datetime) -> Manifest:
        """Keep a new object."""
        if ref in self.objects:
            raise RefusalError("taken", f'{_resource(ref)} "{ref.name}" already exists')
        self._born += 1
        metadata = {
            **manifest.get("metadata", {}),
            "name": ref.name,
            "namespace": ref.namespace,
            "uid": str(uuid.UUID(int=self._born)),
            "creationTimestamp": _stamp(now),
        }
        if ref.kind in _WITH_GENERATION:
            metadata["generation"] = 1
        plain = {key: value for key, value in manifest.items() if key != "status"}
        return self._keep(ref, plain | {"metadata": metadata})

    def patch(self, ref: Ref, body: dict[str, Any], *, version: str = "") -> Manifest:
        """Merge into an object; its status stays.

        ``version`` is the ``resourceVersion`` that the object must still have.
        """
        found = self.read(ref)
        self._check(ref, found, version, body.get("metadata", {}).get("uid", ""))
        return self._change(ref, found, merged(found, {key: body[key] for key in body if key != "status"}))

    def replace(self, ref: Ref, manifest: Manifest) -> Manifest:
        """Put an object in the place of another; its status stays."""
        found = self.read(ref)
        self._check(ref, found, manifest["metadata"].get("resourceVersion", ""))
        body = {key: value for key, value in manifest.items() if key != "status"}
        return self._change(ref, found, body | ({"status": found["status"]} if "status" in found else {}))

    def patch_status(self, ref: Ref, body: dict[str, Any]) -> Manifest:
        """Merge into an object's status, and into nothing else."""
        found = self.read(ref)
        old = found.get("status", {})
        changed = self._read(ref, found | {"status": merged(old, body)})
        return found if changed.get("status", {}) == old else self._keep(ref, changed)

    def delete(self, ref: Ref, now: datetime, uid: str = "") -> None:
        """End an object: a pod begins to end, all others are gone."""
        found = self.read(ref)
        self._check(ref, found, "", uid)
        if ref.kind == POD:
            if "deletionTimestamp" not in found["metadata"]:
                self._keep(ref, found | {"metadata": found["metadata"] | {"deletionTimestamp": _stamp(now)}})
            return
        self.remove(ref)

    def remove(self, ref: Ref) -> None:
        """Forget an object."""
        del self.objects[ref], self._kinds[ref.kind][ref]
        self.version += 1

    def _check(self, ref: Ref, found: Manifest, version: str, uid: str = "") -> None:
        metadata = found["metadata"]
        if version and version != metadata["resourceVersion"]:
            raise RefusalError(
                "conflict", f'Operation cannot be fulfilled on {_resource(ref)} "{ref.name}": it has changed'
            )
        if uid and uid != metadata["uid"]:
            raise RefusalError(
                "conflict", f'{_resource(ref)} "{ref.name}" is another object: its uid is {metadata["uid"]}'
            )

    def _change(self, ref: Ref, found: Manifest, changed: Manifest) -> Manifest:
        old = found["metadata"]
        metadata = changed.get("metadata", {}) | {key: old[key] for key in _OF_THE_SERVER if key in old}
        changed = self._read(ref, changed | {"metadata": metadata})
        if changed == found:
            return found
        if _selector(changed) != _selector(found) and ref.kind in {ROLLOUT, REPLICA_SET}:
            raise RefusalError("invalid", f'{ref.kind.kind} "{ref.name}" is invalid: spec.selector: field is immutable')
        if any(changed.get(part) != found.get(part) for part in ("spec", "template")) and ref.kind in _WITH_GENERATION:
            metadata["generation"] += 1
        return self._keep(ref, changed)

    def _read(self, ref: Ref, manifest: Manifest) -> Manifest:
        """The object as the API reads it: with its defaults, and without what its kind does not have."""
        manifest = with_defaults(ref, manifest)
        return pruned(manifest, self.schemas[ref.kind]) if ref.kind in self.schemas else manifest

    def _keep(self, ref: Ref, manifest: Manifest) -> Manifest:
        manifest = self._read(ref, _copied(manifest))
        if text := complaint(ref, manifest):
            raise RefusalError("invalid", f'{_kind(ref)} "{ref.name}" is invalid: {text}')
        self.version += 1
        manifest["metadata"]["resourceVersion"] = str(self.version)
        self.objects[ref] = self._kinds[ref.kind][ref] = manifest
        return manifest


def _copied(value: Any) -> Any:
    """JSON data of its own."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _selector(manifest: Manifest) -> Any:
    return manifest.get("spec", {}).get("selector")


def _group(ref: Ref) -> str:
    return f".{ref.kind.api_version.partition('/')[0]}" if "/" in ref.kind.api_version else ""


def _resource(ref: Ref) -> str:
    return ref.kind.plural + _group(ref)


def _kind(ref: Ref) -> str:
    return ref.kind.kind + _group(ref)
