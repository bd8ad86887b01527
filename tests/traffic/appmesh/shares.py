"""The splits in VirtualRouters, whose targets are VirtualNodes."""

from traffic.cases import Objects
from traffic.layers import CANARY, STABLE, Split, pair, raw

ROLES = {"canary-node": CANARY, "stable-node": STABLE}


def splits(found: Objects) -> list[Split]:
    routes = [route for item in raw(found, "VirtualRouter") for route in item["spec"]["routes"]]
    rules = [rule for route in routes for rule in route.values() if isinstance(rule, dict)]
    targets = [rule["action"]["weightedTargets"] for rule in rules]
    return [split for each in targets for split in pair(each, lambda entry: ROLES[entry["virtualNodeRef"]["name"]])]
