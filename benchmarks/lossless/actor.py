"""Somebody who plays the script of one Rollout."""

import asyncio
from collections.abc import Callable
from typing import Any

from benchmarks.lossless import manifests
from benchmarks.lossless.script import Cast, Ending, Update
from benchmarks.lossless.world import World, is_aborted, is_at, is_complete
from serinus.api.kinds import ROLLOUT
from serinus.kube import Client

LIMIT = 180.0
"""Seconds until something that should happen counts as stuck."""

Say = Callable[[str, str], None]


class Actor:
    """Updates a Rollout; what users would type is patched here, as the command line does it."""

    def __init__(self, member: Cast, client: Client, world: World, say: Say) -> None:
        self.member = member
        self._client = client
        self._world = world
        self._say = say
        self._images = [manifests.image(member.name, 0)]
        """All that were asked for, in their order."""
        self._version = 0

    @property
    def image(self) -> str:
        """The version that is asked for now."""
        return self._images[-1]

    async def play(self, update: Update) -> Ending:
        """Make one update; returns how it really ended: some are over before they can be disturbed."""
        self._version += 1
        image = manifests.image(self.member.name, self._version)
        await self._set(image, f"update to {image}: {_told(update)}", replicas=update.replicas)
        match update.ending:
            case Ending.PROMOTION:
                return await self._promote(update)
            case Ending.ABORT:
                return await self._abort(update)
            case Ending.SUPERSEDE:
                return Ending.SUPERSEDE if await self._moment(update) else Ending.PROMOTION
            case Ending.ROLLBACK:
                return await self._roll_back(update)

    async def complete(self) -> None:
        """Wait until the version that is asked for is the stable one."""
        await self._reach(lambda raw: is_complete(raw, self.image), f"Healthy at {self.image}")
        self._tell(f"{self.image} is stable")

    async def finish(self) -> None:
        """Bring the Rollout to rest: an update that was given up is tried once more."""
        if is_aborted(self._raw, self.image):
            await self._status({"abort": False}, "retry")
        await self.complete()

    @property
    def _raw(self) -> dict[str, Any]:
        return self._world.rollouts.values[self.member.name]

    async def _promote(self, update: Update) -> Ending:
        if update.then == "promote" and await self._moment(update):
            await self._status({"promoteFull": True}, "promote --full")
        await self.complete()
        return Ending.PROMOTION

    async def _abort(self, update: Update) -> Ending:
        if not await self._moment(update):
            return Ending.PROMOTION
        await self._status({"abort": True}, "abort")
        over = self._over
        await self._reach(lambda raw: is_aborted(raw, self.image) or over(raw), "aborted")
        if over(self._raw):
            return Ending.PROMOTION
        self._tell(f"{self.image} is aborted")
        await asyncio.sleep(update.rest)
        if update.then == "retry":
            await self._status({"abort": False}, "retry")
            await self.complete()
        return Ending.ABORT

    async def _roll_back(self, update: Update) -> Ending:
        if update.then == "midway":
            await self._moment(update)
        else:
            await self.complete()
            await asyncio.sleep(update.rest)
        await self._set(self._images[-2], f"undo, back to {self._images[-2]}")
        await self.complete()
        return Ending.ROLLBACK

    async def _moment(self, update: Update) -> bool:
        """Wait for an update's moment; says whether the update still goes on."""
        await self._reach(lambda raw: is_at(raw, self.image, update.step), f"at step {update.step}")
        await asyncio.sleep(update.seconds)
        return not self._over(self._raw)

    def _over(self, raw: dict[str, Any]) -> bool:
        return is_complete(raw, self.image)

    async def _set(self, image: str, why: str, **spec: Any) -> None:
        self._tell(why)
        self._images.append(image)
        body = {"spec": {**spec, "template": manifests.template(self.member.name, image)}}
        await self._client.patch(ROLLOUT.path(manifests.NAMESPACE, self.member.name), body)

    async def _status(self, status: dict[str, Any], why: str) -> None:
        self._tell(why)
        await self._client.patch(ROLLOUT.path(manifests.NAMESPACE, self.member.name, "status"), {"status": status})

    async def _reach(self, arrived: Callable[[dict[str, Any]], bool], what: str) -> None:
        await self._world.rollouts.reach([self.member.name], lambda raw: bool(raw) and arrived(raw), what, LIMIT)

    def _tell(self, text: str) -> None:
        self._say(self.member.name, text)


def _told(update: Update) -> str:
    moment = f" {update.seconds} s after step {update.step}" if update.then not in {"wait", "after"} else ""
    return f"{update.ending.value} {update.then}{moment}, {update.replicas} replicas"
