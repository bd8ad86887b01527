"""What the role of the controller lets it do, where that changes what it is to do.

The role of Argo Rollouts does not let Ingresses be deleted, as it never deletes one. A controller that runs under it
keeps canary Ingresses at weight 0, as that does, instead of being refused at the end of every update.
"""

import asyncio
import logging

from msgspec.structs import replace

from serinus.api.kinds import INGRESS
from serinus.kube import Client, KubeError
from serinus.plan import Settings

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_LIMIT = 5.0
"""Seconds for the question; without an answer, the operator's choice stands."""

log = logging.getLogger(__name__)


async def permitted(client: Client, settings: Settings, namespace: str) -> Settings:
    """The settings that the controller's role allows; ``namespace`` is the only one that it serves, or empty."""
    if settings.traffic_cleanup == "zero" or await _may_delete_ingresses(client, namespace):
        return settings
    log.warning(
        "this role does not allow to delete Ingresses: canary routes stay at weight 0, as with --traffic-cleanup=zero"
    )
    return replace(settings, traffic_cleanup="zero")


async def _may_delete_ingresses(client: Client, namespace: str) -> bool:
    group = INGRESS.api_version.partition("/")[0]
    wanted = {"verb": "delete", "group": group, "resource": INGRESS.plural, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": wanted},
    }
    try:
        async with asyncio.timeout(_LIMIT):
            reply = await client.create(_REVIEWS, body)
    except (KubeError, TimeoutError) as error:
        log.warning("cannot ask whether Ingresses may be deleted: %s", error)
        return True
    return bool(reply["status"]["allowed"])
