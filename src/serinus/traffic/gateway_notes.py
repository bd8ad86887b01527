"""What a route says about the Rollouts that use it.

The label and the list of active Rollouts are those of Argo's plugin: GitOps tools are told by them not to undo weights.
Our own note, ``{"shop/web": {"backends": ["web-exp"], "cookie": "serinus"}}``, tells what was added to weighted rules,
so that it can be taken out again even when the Rollout is gone.
"""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from serinus.api import keys
from serinus.api.meta import ApiStruct
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign
from serinus.traffic.gateway_config import GatewayConfig
from serinus.traffic.router import Traffic


class Added(ApiStruct, frozen=True):
    """What a Rollout has put into weighted rules."""

    backends: tuple[str, ...] = ()
    cookie: str = ""


Notes = dict[str, Added]
"""By Rollout (``namespace/name``)."""


def user_key(rollout: Rollout) -> str:
    """The name of a Rollout among those of all namespaces."""
    return f"{rollout.metadata.namespace}/{rollout.name}"


def notes_of(found: Foreign) -> Notes:
    """What was added to a route; nothing where somebody has made the note unreadable."""
    try:
        return msgspec.json.decode(found.metadata.annotations.get(keys.GATEWAY_ADDITIONS, "{}"), type=Notes)
    except msgspec.MsgspecError:
        return {}


def note_text(notes: Mapping[str, Added]) -> str | None:
    """A note as it is written; None when there is nothing to say."""
    said = {key: value for key, value in notes.items() if value != Added()}
    return msgspec.json.encode(said, order="sorted").decode() if said else None


def active_in(found: Foreign, key: str) -> list[str]:
    """The Rollouts that have an update running over a route."""
    return [name for name in found.metadata.annotations.get(key, "").split(",") if name]


def metadata(traffic: Traffic, config: GatewayConfig, found: Foreign, added: Added) -> dict[str, Any]:
    """The part of ``metadata`` that is ours while an update runs, and gone when none does."""
    user = user_key(traffic.rollout)
    others = [name for name in active_in(found, config.active_rollouts_annotation_key) if name != user]
    active = sorted([*others, *([] if traffic.over else [user])])
    annotations = {keys.GATEWAY_ADDITIONS: note_text(notes_of(found) | {user: added})}
    if config.disable_in_progress_label:
        return {"annotations": annotations}
    annotations[config.active_rollouts_annotation_key] = ",".join(active) or None
    label = config.in_progress_label_value if active else None
    return {"annotations": annotations, "labels": {config.in_progress_label_key: label}}


def metadata_without(found: Foreign, users: Collection[str]) -> dict[str, Any]:
    """The part of ``metadata`` that must change when only these Rollouts use a route."""
    config = GatewayConfig()
    active = active_in(found, config.active_rollouts_annotation_key)
    left = [name for name in active if name in users]
    notes = {key: value for key, value in notes_of(found).items() if key in users}
    annotations = {keys.GATEWAY_ADDITIONS: note_text(notes)}
    if left == active:
        return {"annotations": annotations}
    annotations[config.active_rollouts_annotation_key] = ",".join(left) or None
    return {"annotations": annotations, **({} if left else {"labels": {config.in_progress_label_key: None}})}
