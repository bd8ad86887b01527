"""One pod's life: from its binding to its deletion."""

import asyncio

from serinus.local.kubelet.container import ContainerRun
from serinus.local.kubelet.facts import Failure, Waiting, has_run, is_done
from serinus.local.kubelet.grace import Grace
from serinus.local.kubelet.logs import Log, remove
from serinus.local.kubelet.reporter import PodGoneError, Reporter, insist
from serinus.local.kubelet.sandbox import Host, Sandbox, now
from serinus.local.kubelet.server import NoLogError
from serinus.local.kubelet.spec import Container, Pod


class PodRun:
    """Drives one pod, in a task of its own that the kubelet starts and cancels."""

    def __init__(self, host: Host, pod: Pod) -> None:
        self._sandbox = Sandbox(host, pod)
        self._reporter = Reporter(self._sandbox)
        self._runs: dict[str, ContainerRun] = {}
        self._leaving = asyncio.Event()
        self._grace: Grace | None = None
        if pod.is_leaving:
            self._leaving.set()

    @property
    def pod(self) -> Pod:
        """The pod as last seen."""
        return self._sandbox.pod

    def update(self, pod: Pod) -> None:
        """Take note of what the API says now."""
        self._sandbox.pod = pod
        self._sandbox.changed.set()  # a readiness gate may have opened, or somebody removed what we wrote
        if pod.is_leaving:
            self._leaving.set()
            if self._grace:
                self._grace.shorten(_grace_seconds(pod))

    async def run(self) -> None:
        """Live until the pod is deleted, or until cancelled."""
        tasks = {asyncio.create_task(self._live())}
        if not self.pod.is_over:
            tasks.add(asyncio.create_task(self._reporter.run()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except PodGoneError:
            return
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *(run.kill() for run in self._runs.values()), return_exceptions=True)
            self._sandbox.vacate()

    async def forget(self) -> None:
        """Remove what the pod has left on this machine."""
        await remove(self._sandbox.folder)

    async def find_log(self, container: str, previous: bool) -> Log:
        """Find what a container prints, or printed before. Raises NoLogError."""
        facts = self._sandbox.containers.get(container)
        name = f'container "{container}" in pod "{self.pod.metadata.name}"'
        if facts is None:
            raise NoLogError(f"{name} does not exist")
        if isinstance(facts.state, Waiting) and not has_run(facts):
            raise NoLogError(f"{name} is waiting to start: {facts.state.reason}", 400)
        number = facts.restarts
        if previous and not (isinstance(facts.state, Waiting) and facts.last):  # else the latest run is over
            number -= 1
        logs = self._sandbox.logs_of(container)
        if found := await logs.find(number):
            return found
        if previous:
            raise NoLogError(f"previous terminated {name} not found", 400)
        return logs.none()

    async def _live(self) -> None:
        if not self.pod.is_over and not self._leaving.is_set():
            self._sandbox.open()
            if self.pod.status.pod_ip:  # the last report speaks of processes and ports that are gone
                self._sandbox.changed.set()
            self._warn_of_volumes()
            await self._be_active()
        await self._leaving.wait()
        await self._leave()
        await self._delete()

    def _warn_of_volumes(self) -> None:
        names = [volume.name for volume in self.pod.spec.volumes if volume.empty_dir is None]
        if names:
            message = f"volumes are not mounted, pods are local processes here: {', '.join(names)}"
            self._sandbox.host.events.warn(self.pod, "FailedMount", message)

    async def _be_active(self) -> None:
        """Run the containers until they are done, time is up or the pod must leave."""
        work, leaving = asyncio.create_task(self._work()), asyncio.create_task(self._leaving.wait())
        try:
            await asyncio.wait({work, leaving}, timeout=self._time_left(), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            work.cancel()
            leaving.cancel()
            await asyncio.gather(work, leaving, return_exceptions=True)
        if self._leaving.is_set():
            return
        if work.cancelled():
            message = f"the pod was active for longer than {self.pod.spec.active_deadline_seconds} seconds"
            self._sandbox.failure = Failure("DeadlineExceeded", message)
        await self._stop(Grace(self.pod.spec.termination_grace_period_seconds))
        self._sandbox.ended = True
        await self._reporter.report()

    def _time_left(self) -> float | None:
        limit = self.pod.spec.active_deadline_seconds
        return None if limit is None else limit - (now() - self._sandbox.start_time).total_seconds()

    async def _work(self) -> None:
        """Run init containers in order, then all others at once, until the last has ended."""
        for container in self.pod.spec.init_containers:
            if not await self._initialize(container):
                return
        runs = [self._start(container, self.pod.spec.restart_policy) for container in self.pod.spec.containers]
        await _ended(*runs)

    async def _initialize(self, container: Container) -> bool:
        """Run one init container; say whether the next may start."""
        if container.is_sidecar:
            await self._start(container, "Always").started.wait()
            return True
        if not is_done(container, self._sandbox.containers[container.name]):
            policy = "Never" if self.pod.spec.restart_policy == "Never" else "OnFailure"
            await _ended(self._start(container, policy))
        return is_done(container, self._sandbox.containers[container.name])

    def _start(self, container: Container, policy: str) -> ContainerRun:
        run = self._runs[container.name] = ContainerRun(self._sandbox, container, policy)
        return run

    async def _stop(self, grace: Grace) -> None:
        """End all containers; sidecars last, in reverse order."""
        sidecars = [each.name for each in self.pod.spec.init_containers if each.is_sidecar and each.name in self._runs]
        await asyncio.gather(*(run.stop(grace) for name, run in self._runs.items() if name not in sidecars))
        for name in reversed(sidecars):
            await self._runs[name].stop(grace)

    async def _leave(self) -> None:
        """End what still runs, and report how it ended."""
        if self._sandbox.ended or not any(run.has_process for run in self._runs.values()):
            return
        self._grace = Grace(_grace_seconds(self.pod))
        await self._stop(self._grace)
        self._sandbox.ended = True
        await self._reporter.report()

    async def _delete(self) -> None:
        """Let the API forget the pod."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.pod.metadata.uid}}

        async def write() -> None:
            async with self._sandbox.host.writing:
                await self._sandbox.host.client.delete(self.pod.path, body)

        await insist(write)


async def _ended(*runs: ContainerRun) -> None:
    """Wait for containers without being their owner: they outlive our cancellation."""
    await asyncio.wait([run.task for run in runs], return_when=asyncio.FIRST_EXCEPTION)
    for run in runs:
        if run.task.done():
            run.task.result()


def _grace_seconds(pod: Pod) -> float:
    asked = pod.metadata.deletion_grace_period_seconds
    return pod.spec.termination_grace_period_seconds if asked is None else asked
