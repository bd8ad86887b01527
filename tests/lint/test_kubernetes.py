"""The table of Kubernetes' fields is that of a real API server."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from serinus.lint.kinds import shapes

pytestmark = pytest.mark.cluster

PATHS = ("api/v1", "apis/apps/v1", "apis/networking.k8s.io/v1", "apis/batch/v1")
ROOTS = (
    "core.v1.PodTemplateSpec",
    "core.v1.Service",
    "apps.v1.Deployment",
    "networking.v1.Ingress",
    "batch.v1.JobSpec",
)
SCALARS = {"Quantity": "quantity", "IntOrString": "int-or-string", "Time": "string", "MicroTime": "string"}


class Reader:
    """From the API's own description to shapes."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.schemas = schemas
        self.shapes: dict[str, Any] = {}

    def named(self, name: str) -> Any:
        short, schema = name.rpartition(".")[2], self.schemas[name]
        if short in SCALARS or "properties" not in schema:
            return SCALARS.get(short, "any")
        if short not in self.shapes:
            fields: dict[str, Any] = {}
            self.shapes[short] = fields
            required = schema.get("required", ())
            fields |= {key + "!" * (key in required): self.shape(item) for key, item in schema["properties"].items()}
        return short

    def shape(self, schema: dict[str, Any]) -> Any:
        match schema:
            case {"allOf": [only]}:
                return self.shape(only)
            case {"$ref": name}:
                return self.named(name.rpartition("/")[2])
            case {"format": "int-or-string"}:
                return "int-or-string"
            case {"type": "array", "items": items}:
                return [self.shape(items)]
            case {"type": "object", "additionalProperties": values}:
                return {"": self.shape(values)}
            case {"type": "object"}:
                return "any"
            case _:
                return schema["type"]


def written(table: dict[str, Any]) -> str:
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(table[name])}" for name in sorted(table))


def test_the_table_is_what_the_api_says(cluster: Any) -> None:
    ask: Callable[[str], Any] = lambda path: json.loads(cluster.kubectl("get", "--raw", f"/openapi/v3/{path}"))  # noqa: E731
    schemas = {name: item for path in PATHS for name, item in ask(path)["components"]["schemas"].items()}
    reader = Reader(schemas)
    for root in ROOTS:
        reader.named(f"io.k8s.api.{root}")
    noted = {name: shapes()[name] for name in shapes() if name in reader.shapes}
    table = f"{{\n{written(reader.shapes)}\n}}\n"
    assert noted == reader.shapes, f"src/serinus/lint/kubernetes.json is another version's; it should be\n{table}"
