"""Read the ConfigMaps and Secrets that an environment names."""

import base64
from typing import Any

from serinus.kube import Client, NotFound
from serinus.local.kubelet.environment import Source, sources_of
from serinus.local.kubelet.spec import Container, Pod


async def read_sources(client: Client, pod: Pod, container: Container) -> dict[Source, dict[str, str]]:
    """Fetch the data of all that exist; what is missing is left out."""
    found = {}
    for source in sorted(sources_of(container), key=lambda source: (source.kind, source.name)):
        path = f"/api/v1/namespaces/{pod.metadata.namespace}/{source.kind}/{source.name}"
        try:
            found[source] = _data(source, await client.get(path))
        except NotFound:
            continue
    return found


def _data(source: Source, held: dict[str, Any]) -> dict[str, str]:
    data: dict[str, str] = held.get("data") or {}
    if source.kind == "configmaps":
        return data
    return {key: base64.b64decode(value).decode(errors="surrogateescape") for key, value in data.items()}
