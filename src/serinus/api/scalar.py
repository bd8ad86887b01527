"""Field types that say how they look in an OpenAPI schema."""

from typing import Annotated, Any

from msgspec import Meta

from serinus.api.schema import OWN

Own = Meta(extra_json_schema={OWN: True})
"""The mark of a field that Argo Rollouts does not have."""

Int32 = Annotated[int, Meta(extra_json_schema={"format": "int32"})]
Int64 = Annotated[int, Meta(extra_json_schema={"format": "int64"})]

IntOrString = Annotated[int | str, Meta(extra_json_schema={"x-kubernetes-int-or-string": True})]
"""A number, or a string such as ``25%`` or ``5m``."""

Preserved = Annotated[dict[str, Any], Meta(extra_json_schema={"x-kubernetes-preserve-unknown-fields": True})]
"""An object that is kept as it stands: its schema is somebody else's."""

AnyValue = Annotated[Any, Meta(extra_json_schema={"x-kubernetes-preserve-unknown-fields": True})]
"""Any JSON value, kept as it stands."""

Manifest = dict[str, Any]
"""A whole Kubernetes object as plain JSON data."""
