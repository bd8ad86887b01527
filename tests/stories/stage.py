"""Where stories play: what users do to a cluster, and what they wait for."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec

from serinus.api import kinds
from serinus.api.kinds import ROLLOUT, Kind
from serinus.api.workload import ReplicaSet
from serinus.cli.undo import clean_template
from serinus.traffic.istio import Istio
from stories.look import Look
from stories.manifests import NAME, around

Manifest = dict[str, Any]
Verdict = Literal["good", "bad", "unclear"]
Question = Callable[[Look], object]

_KINDS = (
    kinds.ROLLOUT,
    kinds.SERVICE,
    kinds.INGRESS,
    kinds.REPLICA_SET,
    kinds.POD,
    kinds.DEPLOYMENT,
    kinds.POD_TEMPLATE,
    kinds.ANALYSIS_RUN,
    kinds.EXPERIMENT,
    kinds.ANALYSIS_TEMPLATE,
    Istio().virtual_service,
    Istio().destination_rule,
)
KINDS = {kind.kind: kind for kind in _KINDS}


class Stage(ABC):
    """One namespace of a cluster with a controller.

    The first part is what a world must be able to do. The second is what users do, written once in terms of the first:
    the same requests as those of the command line.
    """

    @property
    @abstractmethod
    def now(self) -> datetime:
        """The moment that it is, in whole seconds."""

    @abstractmethod
    async def start(self) -> None:
        """Start the controller, on a stage that has none yet; returns when it is at work."""

    @abstractmethod
    async def create(self, manifest: Manifest) -> None:
        """Create an object."""

    @abstractmethod
    async def read(self, kind: Kind, name: str) -> Manifest:
        """Read an object."""

    @abstractmethod
    async def patch(self, kind: Kind, name: str, body: Manifest, *, status: bool = False) -> None:
        """Merge into an object, or into its status; a status of None is an empty one."""

    @abstractmethod
    async def replace(self, kind: Kind, manifest: Manifest) -> None:
        """Put an object in the place of the one that was read."""

    @abstractmethod
    async def delete(self, kind: Kind, name: str) -> None:
        """Delete an object."""

    @abstractmethod
    async def look(self) -> Look:
        """See everything as it is now."""

    @abstractmethod
    async def until(self, question: Question, *, limit: float = 60) -> Look:
        """Wait until something is so, at most ``limit`` seconds; fail with what there is instead."""

    @abstractmethod
    async def stays(self, question: Question, *, seconds: float) -> Look:
        """See that something is so, and stays so for a while."""

    @abstractmethod
    async def sees_traffic(self, shares: dict[str, int]) -> None:
        """See that requests to the host are split like that (image → percent), once routes have taken effect."""

    @abstractmethod
    async def break_image(self, image: str) -> None:
        """Make the pods of a version never ready."""

    @abstractmethod
    async def mend_image(self, image: str) -> None:
        """Let the pods of a version become ready again."""

    @abstractmethod
    async def judge(self, metric: str, verdict: Verdict) -> None:
        """Have a metric say so from now on; until then it is good."""

    async def deploy(self, rollout: Manifest, *others: Manifest) -> Look:
        """Create a Rollout with what is around it, and wait until it is healthy."""
        for manifest in (*others, rollout):
            await self.create(manifest)
        return await self.until(lambda look: look.is_healthy)

    async def deploy_routed(self, rollout: Manifest) -> Look:
        """Create a routed Rollout with its Services and its Ingress, and wait until it carries all traffic."""
        await self.deploy(rollout, *around())
        return await self.until(lambda look: all(look.services.values()))

    async def edit(self, change: Callable[[Manifest], None], name: str = NAME) -> None:
        """Change a Rollout's spec as ``kubectl edit`` does."""
        manifest = await self.read(ROLLOUT, name)
        change(manifest["spec"])
        await self.replace(ROLLOUT, manifest)

    async def set_image(self, image: str, name: str = NAME) -> None:
        def change(spec: Manifest) -> None:
            spec["template"]["spec"]["containers"][0]["image"] = image

        await self.edit(change, name)

    async def set_steps(self, *steps: Manifest) -> None:
        await self.patch(ROLLOUT, NAME, {"spec": {"strategy": {"canary": {"steps": list(steps)}}}})

    async def promote(self) -> None:
        """Go on: end the pause, or skip the step that runs."""
        rollout = (await self.look()).rollout
        if rollout.spec.paused:
            await self.patch(ROLLOUT, NAME, {"spec": {"paused": False}})
        index, run = rollout.status.current_step_index, rollout.status.canary.current_step_analysis_run_status
        body: Manifest = {"pauseConditions": None}
        if run is not None and run.status == "Inconclusive":
            body["controllerPause"] = False
        if index is not None and (not rollout.status.pauses or "controllerPause" in body):
            body["currentStepIndex"] = min(index + 1, len(rollout.spec.strategy.canary.steps))
        await self.patch(ROLLOUT, NAME, {"status": body}, status=True)

    async def end_pauses(self) -> None:
        """Go on where it waits, without skipping anything."""
        await self.patch(ROLLOUT, NAME, {"status": {"pauseConditions": None}}, status=True)

    async def promote_full(self) -> None:
        await self.patch(ROLLOUT, NAME, {"status": {"promoteFull": True}}, status=True)

    async def abort(self) -> None:
        await self.patch(ROLLOUT, NAME, {"status": {"abort": True}}, status=True)

    async def retry(self) -> None:
        await self.patch(ROLLOUT, NAME, {"status": {"abort": False}}, status=True)

    async def pause(self) -> None:
        await self.patch(ROLLOUT, NAME, {"spec": {"paused": True}})

    async def resume(self) -> None:
        await self.patch(ROLLOUT, NAME, {"spec": {"paused": False}})

    async def scale(self, replicas: int) -> None:
        await self.patch(ROLLOUT, NAME, {"spec": {"replicas": replicas}})

    async def undo(self, image: str) -> None:
        """Put the template of an earlier version back, as ``undo`` does."""
        found = (await self.look()).replica_sets[image]
        template = clean_template(msgspec.convert(found, ReplicaSet))
        await self.edit(lambda spec: spec.update(template=template))
