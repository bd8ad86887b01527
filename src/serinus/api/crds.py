"""The five custom resource definitions, made from the types when somebody asks for them."""

from copy import deepcopy
from typing import Any

from msgspec import Struct

from serinus.api import kinds
from serinus.api.analysis import AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate
from serinus.api.experiment import Experiment
from serinus.api.kinds import Kind
from serinus.api.meta import ApiStruct
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.schema import schema


class Column(Struct, frozen=True):
    """One column that ``kubectl get`` prints."""

    name: str
    type: str
    path: str
    description: str

    @property
    def manifest(self) -> dict[str, str]:
        """Its form in a definition."""
        return {"name": self.name, "type": self.type, "jsonPath": self.path, "description": self.description}


class Definition(Struct, frozen=True):
    """What a definition says besides the schema."""

    kind: Kind
    type: type[ApiStruct]
    short_name: str
    columns: tuple[Column, ...]
    subresources: dict[str, Any]

    @property
    def names(self) -> frozenset[str]:
        """What people call the kind, in lower case."""
        return frozenset({self.kind.kind.lower(), self.kind.plural, self.short_name})


AGE = Column("Age", "date", ".metadata.creationTimestamp", "How long ago it was created")
STATUS = Column("Status", "string", ".status.phase", "How it stands")
ROLLOUT_COLUMNS = (
    Column("Desired", "integer", ".spec.replicas", "How many pods are wanted"),
    Column("Current", "integer", ".status.replicas", "How many pods exist, of all versions"),
    Column("Up-to-date", "integer", ".status.updatedReplicas", "How many pods are of the newest version"),
    Column("Available", "integer", ".status.availableReplicas", "How many pods are available"),
    AGE,
)
SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.HPAReplicas",
    "labelSelectorPath": ".status.selector",
}

# Only the Rollout has subresources: the tools of Argo Rollouts write the status of all others with the object itself.
DEFINITIONS = (
    Definition(kinds.ANALYSIS_RUN, AnalysisRun, "ar", (STATUS, AGE), {}),
    Definition(kinds.ANALYSIS_TEMPLATE, AnalysisTemplate, "at", (AGE,), {}),
    Definition(kinds.CLUSTER_ANALYSIS_TEMPLATE, ClusterAnalysisTemplate, "cat", (AGE,), {}),
    Definition(kinds.EXPERIMENT, Experiment, "exp", (STATUS, AGE), {}),
    Definition(kinds.ROLLOUT, Rollout, "ro", ROLLOUT_COLUMNS, {"status": {}, "scale": SCALE}),
)


def manifests(*, own_fields: bool = True) -> list[Manifest]:
    """All five definitions (``apiextensions.k8s.io/v1``), ready to be applied.

    Without ``own_fields`` they hold only the fields that Argo Rollouts has too.
    """
    return [manifest(definition, own_fields=own_fields) for definition in DEFINITIONS]


def manifest(definition: Definition, *, own_fields: bool = True) -> Manifest:
    """One definition, ready to be applied."""
    kind = definition.kind
    return {
        "apiVersion": kinds.CUSTOM_RESOURCE_DEFINITION.api_version,
        "kind": kinds.CUSTOM_RESOURCE_DEFINITION.kind,
        "metadata": {"name": f"{kind.plural}.{kinds.GROUP}"},
        "spec": {
            "group": kinds.GROUP,
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.kind.lower(),
                "shortNames": [definition.short_name],
            },
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [_version(definition, own_fields)],
        },
    }


def _version(definition: Definition, own_fields: bool) -> dict[str, Any]:
    return {
        "name": definition.kind.api_version.partition("/")[2],
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _root(definition.type, own_fields)},
        "subresources": deepcopy(definition.subresources),
        "additionalPrinterColumns": [column.manifest for column in definition.columns],
    }


def _root(type_: type[ApiStruct], own_fields: bool) -> dict[str, Any]:
    """The whole object: the API server itself knows what metadata is, and an object without a spec says nothing."""
    root = schema(type_, own_fields=own_fields)
    names = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    return root | {"properties": root["properties"] | names, "required": ["spec"]}
