"""The splits in ConfigMaps: one line for each Service."""

from traffic.cases import Objects
from traffic.layers import Split, pair, raw


def splits(found: Objects) -> list[Split]:
    lines = "".join(item.get("data", {}).get("weights", "") for item in raw(found, "ConfigMap")).splitlines()
    entries = [dict(zip(("name", "weight"), line.split(), strict=True)) for line in lines]
    return list(pair(entries, lambda entry: entry["name"]))
