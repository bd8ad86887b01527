"""The splits in the actions of Ingresses."""

import json

from traffic.cases import Objects
from traffic.layers import Split, pair, raw


def splits(found: Objects) -> list[Split]:
    notes = [item["metadata"].get("annotations", {}) for item in raw(found, "Ingress")]
    actions = [json.loads(text) for note in notes for key, text in note.items() if "/actions." in key]
    groups = [action["ForwardConfig"]["TargetGroups"] for action in actions]
    return [split for entries in groups for split in pair(entries, lambda entry: entry["ServiceName"], "Weight")]
