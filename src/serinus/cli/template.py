"""Where a Rollout's pod template is kept: in itself, or in the workload that it refers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from serinus.api.kinds import DEPLOYMENT, POD_TEMPLATE, REPLICA_SET, ROLLOUT, Kind
from serinus.api.scalar import Manifest
from serinus.cli.failure import Failure
from serinus.cli.session import Cluster

_REFERRED = {kind.kind: kind for kind in (DEPLOYMENT, REPLICA_SET, POD_TEMPLATE)}


@dataclass(frozen=True)
class Holder:
    """The object that has the template."""

    kind: Kind
    name: str

    @property
    def pointer(self) -> str:
        """The JSON pointer of the template within the object."""
        return "/template" if self.kind is POD_TEMPLATE else "/spec/template"

    def path(self, cluster: Cluster) -> str:
        """Where the API keeps the object."""
        return cluster.path(self.kind, self.name)

    def template(self, manifest: Manifest) -> dict[str, Any]:
        """The template within the object as it was read; changing it changes the object."""
        part: Any = manifest
        for step in self.pointer.strip("/").split("/"):
            part = part.get(step) or {}
        if not part:
            raise Failure(f'{self.kind.kind.lower()} "{self.name}" has no pod template')
        assert isinstance(part, dict)
        return part


def holder_of(rollout: Manifest) -> Holder:
    """Say which object has the template of a Rollout."""
    name = rollout["metadata"]["name"]
    reference = rollout.get("spec", {}).get("workloadRef")
    if not reference:
        return Holder(ROLLOUT, name)
    kind = _REFERRED.get(reference.get("kind", ""))
    if kind is None:
        known = ", ".join(_REFERRED)
        raise Failure(f'rollout "{name}" refers to a {reference.get("kind")!r}; known kinds are {known}')
    return Holder(kind, reference.get("name", ""))
