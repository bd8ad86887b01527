"""The splits in canary Mappings."""

from traffic.cases import Objects
from traffic.layers import Split, raw


def splits(found: Objects) -> list[Split]:
    weights = [item["spec"]["weight"] for item in raw(found, "Mapping") if "weight" in item["spec"]]
    return [(weight, 100 - weight) for weight in weights]
