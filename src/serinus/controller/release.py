"""Giving back what no Rollout uses any more: Services, and objects of traffic layers."""

import logging
from typing import Any

import msgspec
from msgspec.structs import replace

from serinus.api import keys
from serinus.api.kinds import ROLLOUT, SERVICE
from serinus.api.rollout import Rollout
from serinus.controller.apply import Applier
from serinus.controller.decoding import Malformed, decode_rollout
from serinus.controller.stores import Stores, refs_of
from serinus.kube import Client, Forbidden, Key, NotFound
from serinus.plan import Plan, Ref
from serinus.rollout.release import plan_leave, plan_release

log = logging.getLogger(__name__)


class Releaser:
    """Takes out what was left in objects of other people.

    Our stores may not hold every Rollout (``--instance-id``, ``--namespaced``): before anything is taken out, the API
    is asked whether the Rollout is really gone.
    """

    def __init__(self, client: Client, stores: Stores) -> None:
        self._client = client
        self._stores = stores

    async def give_back(self, key: Key) -> bool:
        """Look at one object that may have been left; returns whether it is there."""
        plan = await (self._service(key) if key.kind == SERVICE.kind else self._object(key))
        for write in plan.writes if plan else ():
            await Applier(self._client).send(write)
        return plan is not None

    async def _service(self, key: Key) -> Plan | None:
        service = self._stores.services.get(key.namespace, key.name)
        if service is None:
            return None
        name = service.metadata.annotations.get(keys.MANAGED_BY)
        if name is None:
            return Plan()
        owner = self._stores.rollouts.get(key.namespace, name) or await self._rollout(key.namespace, name)
        return Plan() if isinstance(owner, Malformed) else plan_release(service, owner)

    async def _object(self, key: Key) -> Plan | None:
        kind = self._stores.mirrors.kind(key.kind)
        ref = Ref(kind, key.namespace, key.name) if kind else None
        found = self._stores.mirrors.find(ref) if ref else None
        if ref is None or found is None:
            return None
        plan = plan_leave(ref, found, self._stores.users(ref), self._stores.routers)
        if plan.is_empty:
            return plan
        users = await self._users(ref)
        return Plan() if users is None else plan_leave(ref, found, users, self._stores.routers)

    async def _rollout(self, namespace: str, name: str) -> Rollout | Malformed | None:
        try:
            return _decoded(await self._client.get(ROLLOUT.path(namespace, name)))
        except NotFound:
            return None

    async def _users(self, ref: Ref) -> list[Rollout] | None:
        """The Rollouts of all namespaces that name an object; None when that cannot be known."""
        try:
            listed = await self._client.get(ROLLOUT.path())
        except Forbidden as error:
            log.info("%s is left as it is: whether a Rollout uses it cannot be seen: %s", ref, error)
            return None
        rollouts = [_decoded(item) for item in listed["items"]]
        if any(isinstance(item, Malformed) for item in rollouts):
            return None
        here = [item for item in rollouts if isinstance(item, Rollout) and item.metadata.deletion_timestamp is None]
        whole = replace(ref, name="")
        return [item for item in here if {ref, whole} & set(refs_of(item, self._stores.routers))]


def _decoded(manifest: dict[str, Any]) -> Rollout | Malformed:
    return decode_rollout(msgspec.json.encode(manifest))
