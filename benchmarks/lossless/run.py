"""A whole run: make the Rollouts, send the traffic, play the scripts, count."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.lossless import manifests
from benchmarks.lossless.actor import Actor
from benchmarks.lossless.figures import Figures
from benchmarks.lossless.journal import Journal
from benchmarks.lossless.load import Load, Target, until_served
from benchmarks.lossless.script import Cast, cast, script
from benchmarks.lossless.world import World
from benchmarks.mirror import TooLateError
from serinus.api.kinds import NAMESPACE
from serinus.kube import Client

SERVED_SECONDS = 30.0
QUIET_SECONDS = 10.0
"""So long the traffic goes on when the last update is over: old versions lose their pods meanwhile."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """How much is wanted."""

    seed: int
    rollouts: int
    updates: int
    requests: int
    rate: float
    """Requests per second and gateway."""
    limit: float
    """Seconds for all updates."""


@dataclass
class Run:
    """A run on a cluster that is up."""

    wish: Wish
    client: Client
    world: World
    journal: Journal
    say: Say
    ended: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    stuck: str = ""

    async def play(self, gateways: Mapping[str, str]) -> Figures:
        """Do everything, and count."""
        members = cast(self.wish.seed, self.wish.rollouts)
        actors = [Actor(member, self.client, self.world, self.journal.did) for member in members]
        targets = [_target(member, gateways) for member in members]
        load = Load(targets, self.world.judge, self.journal.failed)
        async with watched(self.world):
            await self._make(members)
            self.say(f"made {len(members)} Rollouts")
            await asyncio.gather(*(actor.complete() for actor in actors))
            await until_served(targets, SERVED_SECONDS)
            began = time.monotonic()
            traffic = asyncio.create_task(load.run(self.wish.rate))
            try:
                await self._update(actors, load)
                await asyncio.sleep(QUIET_SECONDS)
            finally:
                traffic.cancel()
                await asyncio.gather(traffic, return_exceptions=True)
        return self._figures(load, time.monotonic() - began)

    async def _make(self, members: list[Cast]) -> None:
        await self.client.create(NAMESPACE.path(), {"metadata": {"name": manifests.NAMESPACE}})
        await self.client.create(*manifests.gateway())
        for member in members:
            for path, manifest in manifests.objects(member):
                await self.client.create(path, manifest)

    async def _update(self, actors: list[Actor], load: Load) -> None:
        """Let all play at once, until there are enough updates and enough requests."""
        telling = asyncio.create_task(self._tell(load))
        try:
            async with asyncio.timeout(self.wish.limit), asyncio.TaskGroup() as group:
                for actor in actors:
                    group.create_task(self._play(actor, load))
        except* TimeoutError:
            self.stuck = f"not over after {self.wish.limit:.0f} s"
        except* TooLateError as errors:
            self.stuck = "; ".join(str(error) for error in errors.exceptions)
        finally:
            telling.cancel()

    async def _play(self, actor: Actor, load: Load) -> None:
        for update in script(self.wish.seed, actor.member):
            if self.begun >= self.wish.updates and load.sent.total() >= self.wish.requests:
                break
            self.begun += 1
            ended = await actor.play(update)
            self.ended[ended.value] += 1
        await actor.finish()

    async def _tell(self, load: Load) -> None:
        while True:
            self.say(f"{self.ended.total()} updates, {load.sent.total():,} requests, {load.failed:,} failed")
            await asyncio.sleep(15)

    def _figures(self, load: Load, seconds: float) -> Figures:
        wish = self.wish
        return Figures(
            seed=wish.seed,
            rollouts=wish.rollouts,
            seconds=round(seconds, 1),
            wanted_updates=wish.updates,
            wanted_requests=wish.requests,
            updates=dict(self.ended),
            versions=len(self.world.versions),
            requests=dict(load.sent),
            repeated=load.repeated,
            failed=load.failed,
            failures=tuple(self.journal.failures),
            stuck=self.stuck,
        )


@asynccontextmanager
async def watched(world: World) -> AsyncIterator[None]:
    """Keep what is seen true."""
    watches = [asyncio.create_task(mirror.run()) for mirror in (world.rollouts, world.sets)]
    try:
        async with asyncio.timeout(30):
            await world.rollouts.synced.wait()
            await world.sets.synced.wait()
        yield
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


def _target(member: Cast, gateways: Mapping[str, str]) -> Target:
    gateway = manifests.GATEWAYS[member.door]
    return Target(gateway, gateways[gateway], member.host)
