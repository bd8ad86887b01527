"""Letting go of fields that are other people's.

While an update runs, the API notes us as the manager of what we write: who applies his manifest on the server's side
(a GitOps tool) meets a conflict, and weights do not flap. When it is over, our note is taken out, and the fields are
free; so is the note of Argo Rollouts, where it was at work before, as nobody else ever will. The values stay as they
are.
"""

from collections.abc import Collection
from typing import Any

from serinus.api import keys
from serinus.api.workload import Foreign
from serinus.plan import Patch, Ref

OURS = (keys.FIELD_MANAGER,)
INHERITED = (keys.FIELD_MANAGER, keys.ARGO_FIELD_MANAGER)


def letting_go(ref: Ref, found: Foreign, managers: Collection[str] = OURS) -> Patch | None:
    """The write that takes notes of managers out of ``metadata.managedFields``; None when there are none.

    It is refused when somebody has changed the object since it was seen: the places of the notes may be others then.
    """
    places = [place for place, manager in enumerate(found.managers) if manager in managers]
    if not places:
        return None
    version = {"op": "test", "path": "/metadata/resourceVersion", "value": found.metadata.resource_version}
    return Patch(
        ref,
        [version, *(step for place in reversed(places) for step in _removal(place, found.managers[place]))],
        how="json",
    )


def _removal(place: int, manager: str) -> list[dict[str, Any]]:
    path = f"/metadata/managedFields/{place}"
    return [
        {"op": "test", "path": f"{path}/manager", "value": manager},
        {"op": "remove", "path": path},
    ]
