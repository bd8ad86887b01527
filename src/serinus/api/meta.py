"""Metadata that every Kubernetes object carries."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field

from serinus.api.scalar import Int64


class ApiStruct(Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A frozen value with Kubernetes' camelCase names on the wire."""


class OwnerReference(ApiStruct, frozen=True):
    """Who an object belongs to (apimachinery, ``metav1.OwnerReference``)."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    block_owner_deletion: bool = False


class ObjectMeta(ApiStruct, frozen=True):
    """The part of ``metadata`` that decisions read."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: Int64 = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        """The one owner that manages this object, if it has one."""
        return next((owner for owner in self.owner_references if owner.controller), None)

    def is_controlled_by(self, owner: "ObjectMeta") -> bool:
        """Whether that object manages this one; an earlier object of the same name does not count."""
        return self.controller is not None and self.controller.uid == owner.uid


class LabelSelectorRequirement(ApiStruct, frozen=True):
    """One expression of a label selector."""

    key: str
    operator: str
    """In, NotIn, Exists or DoesNotExist."""
    values: tuple[str, ...] = ()

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether labels satisfy the expression; an unknown operator matches nothing."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values and self.key in labels
            case "NotIn":
                return self.key not in labels or labels[self.key] not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
            case _:
                return False


class LabelSelector(ApiStruct, frozen=True):
    """Which labels belong together (``metav1.LabelSelector``)."""

    match_labels: dict[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the selector says nothing (and so would match everything)."""
        return not self.match_labels and not self.match_expressions

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether labels satisfy every part of the selector."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )

    def __str__(self) -> str:
        """The form that list calls and ``scale.status.selector`` take."""
        parts = [f"{key}={value}" for key, value in sorted(self.match_labels.items())]
        for item in sorted(self.match_expressions, key=lambda item: item.key):
            values = ",".join(sorted(item.values))
            match item.operator:
                case "In":
                    parts.append(f"{item.key} in ({values})")
                case "NotIn":
                    parts.append(f"{item.key} notin ({values})")
                case "DoesNotExist":
                    parts.append(f"!{item.key}")
                case _:
                    parts.append(item.key)
        return ",".join(parts)


class Condition(ApiStruct, frozen=True):
    """One entry of ``status.conditions``."""

    type: str
    status: str
    """True, False or Unknown."""
    last_update_time: datetime
    last_transition_time: datetime
    reason: str
    message: str


class PodTemplateMeta(ApiStruct, frozen=True):
    """Labels and annotations of a pod template or of ephemeral metadata."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


def labels_of(template: dict[str, Any]) -> dict[str, str]:
    """The labels of a pod template that is kept as plain data."""
    labels = (template.get("metadata") or {}).get("labels") or {}
    return {str(key): str(value) for key, value in labels.items()}
