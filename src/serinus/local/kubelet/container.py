"""One container's life: start, run, be asked, end, start again."""

import asyncio
import contextlib
import logging
import os
import secrets
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path

from serinus.kube import KubeError
from serinus.local.kubelet import environment as env
from serinus.local.kubelet.actions import ActionFailedError, Target
from serinus.local.kubelet.attendant import Attendant
from serinus.local.kubelet.facts import CREATING, ContainerFacts, Running, Terminated, Waiting, has_run
from serinus.local.kubelet.grace import Grace
from serinus.local.kubelet.images import Image
from serinus.local.kubelet.logs import Log
from serinus.local.kubelet.pipes import pipes
from serinus.local.kubelet.restarts import Backoff, restarts
from serinus.local.kubelet.sandbox import Sandbox, now
from serinus.local.kubelet.sources import read_sources
from serinus.local.kubelet.spec import Action, Container

log = logging.getLogger(__name__)

LAST_GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL that a container gets even when its preStop hook has used up all."""

HASTE = 1.0
"""Seconds that a process gets when nobody waits for its pod any more."""

PULL_PAUSE = 1.0
"""Seconds from ErrImagePull to ImagePullBackOff."""


class ContainerRun:
    """Drives one container; `task` ends when it will not run again."""

    def __init__(self, sandbox: Sandbox, container: Container, policy: str) -> None:
        self._sandbox = sandbox
        self._host = sandbox.host
        self._container = container
        self._policy = policy
        self._backoff = Backoff()
        self._process: Process | None = None
        self._target: Target | None = None
        self._stopping = False
        self.has_process = False
        self.started = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name=f"{sandbox.folder.name}/{container.name}")
        self.task.add_done_callback(_report_failure)

    @property
    def facts(self) -> ContainerFacts:
        """What is known of it now."""
        return self._sandbox.containers[self._container.name]

    async def stop(self, grace: Grace) -> None:
        """End it: preStop hook, SIGTERM, and SIGKILL when patience ends."""
        self._stopping = True
        if self._process is None or self._target is None:
            self.task.cancel()
        else:
            await self._end(self._process, self._target, grace)
        await asyncio.gather(self.task, return_exceptions=True)
        if isinstance(self.facts.state, Waiting) and self.facts.last:
            self._note(state=self.facts.last)  # it waited for a restart that will not come

    async def kill(self) -> None:
        """End it without ceremony."""
        self._stopping = True
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _run(self) -> None:
        image = await self._find_image()
        if image.state_only:
            return await self._pretend(image)
        ended = self.facts.state if isinstance(self.facts.state, Terminated) else None
        while True:
            ended = ended or await self._run_once(image)
            if self._stopping or not restarts(self._policy, ended.exit_code):
                return None
            await self._wait_before_restart(ended)
            ended = None

    async def _find_image(self) -> Image:
        """Find what to run; wait for ever where nobody knows."""
        if self._container.command:
            return Image(self._container.image)
        if image := self._host.images.find(self._container.image):
            return image
        advice = self._host.images.advice(self._container.image)
        self._note(state=Waiting("ErrImagePull", advice))
        self._warn("Failed", advice)
        await asyncio.sleep(PULL_PAUSE)
        self._note(state=Waiting("ImagePullBackOff", advice))
        await asyncio.Event().wait()
        raise AssertionError("an event that nobody sets")

    async def _pretend(self, image: Image) -> None:
        """Be ready without a process, until the end."""
        await asyncio.sleep(image.delay_seconds)
        begun = now()
        identity = self.facts.container_id or _identity()
        self._note(state=Running(begun), last=None, ready=True, started=True, container_id=identity)
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended = Terminated(0, "Completed", begun, now(), container_id=identity)
            self._note(state=ended, ready=False, started=False)

    async def _run_once(self, image: Image) -> Terminated:
        """Run the process from start to end."""
        if has_run(self.facts):
            self._note(state=CREATING, restarts=self.facts.restarts + 1)
        self.has_process = True
        target = await self._prepare(image)
        output = await self._sandbox.logs_of(self._container.name).open(self.facts.restarts)
        identity, begun = _identity(), now()
        try:
            code, trouble = await self._execute(target, image, output, identity), ""
        except (OSError, ValueError) as error:
            code, trouble = 128, f"cannot start {(*self._container.command, *image.command)[:1]}: {error}"
            self._warn("Failed", trouble)
        finally:
            await output.close()
        reason = "StartError" if trouble else "Error" if code else "Completed"
        ended = Terminated(code, reason, begun, now(), trouble, identity)
        self._note(state=ended, ready=False, started=False, container_id=identity)
        self._process = None  # only now: who stops us meanwhile waits for the note
        return ended

    async def _prepare(self, image: Image) -> Target:
        """Gather all that the process needs; wait for ConfigMaps and Secrets."""
        pause = 0.5
        while True:
            try:
                sources = await read_sources(self._host.client, self._sandbox.pod, self._container)
                variables = self._environment(image, sources, await self._mesh())
            except (env.EnvironmentProblemError, KubeError) as error:
                self._note(state=Waiting("CreateContainerConfigError", str(error)))
                self._warn("Failed", f"Error: {error}")
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
                continue
            folder = await asyncio.to_thread(_working_folder, self._container, self._sandbox.folder)
            return Target(self._container, self._sandbox.listens, variables, folder)

    async def _mesh(self) -> dict[str, str]:
        """The way into the mesh, for pods that want it and where there is one."""
        doors, pod = self._host.doors, self._sandbox.pod
        return env.mesh_variables(await doors(pod.metadata.namespace)) if doors and env.in_mesh(pod) else {}

    def _environment(
        self, image: Image, sources: Mapping[env.Source, Mapping[str, str]], mesh: Mapping[str, str]
    ) -> dict[str, str]:
        base = {**env.inherited(os.environ), **mesh}
        given = env.Given(self._sandbox.ip, self._sandbox.listens, base, image.env, sources)
        return env.environment(self._sandbox.pod, self._container, given)

    async def _execute(self, target: Target, image: Image, output: Log, identity: str) -> int:
        """Start the process, attend to it, return its exit code as a shell counts it."""
        argv = env.command_line(self._container, image.command, target.env)
        async with pipes(output) as (stdout, stderr):
            process = await self._host.processes.start(
                argv, env=target.env, cwd=target.folder, stdout=stdout, stderr=stderr
            )
            self._process, self._target = process, target
            try:
                stdout.close()
                stderr.close()
                self._note_running(identity)
                code = await self._attend(process, target)
            finally:
                await self._host.processes.stop(process, grace=HASTE)
        return code if code >= 0 else 128 - code

    def _note_running(self, identity: str) -> None:
        container = self._container
        started = container.startup_probe is None and container.lifecycle.post_start is None
        ready = started and container.readiness_probe is None and not container.tcp_ports
        self._note(state=Running(now()), started=started, ready=ready, container_id=identity)
        if started:
            self.started.set()

    async def _attend(self, process: Process, target: Target) -> int:
        """Ask the process how it is until it ends."""
        attendant = Attendant(self._sandbox, target, self.started, lambda grace: self._end(process, target, grace))
        asking = asyncio.create_task(attendant.attend(), name=f"probing {self.task.get_name()}")
        asking.add_done_callback(_report_failure)
        try:
            return await process.wait()
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _end(self, process: Process, target: Target, grace: Grace) -> None:
        if process.returncode is None:
            if hook := self._container.lifecycle.pre_stop:
                await grace.allows(self._pre_stop(hook, target))
                grace = grace if grace.left > LAST_GRACE else Grace(LAST_GRACE)
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await grace.allows(process.wait())
        await self._host.processes.stop(process, grace=0)

    async def _pre_stop(self, hook: Action, target: Target) -> None:
        try:
            await self._host.actor.perform(hook, target, None)
        except ActionFailedError as error:
            self._warn("FailedPreStopHook", f"PreStopHook failed: {error}")

    async def _wait_before_restart(self, ended: Terminated) -> None:
        seconds = self._backoff.after((ended.finished_at - ended.started_at).total_seconds())
        self._note(last=ended)
        if seconds:
            message = f"back-off {seconds:g}s restarting failed container={self._container.name}"
            self._note(state=Waiting("CrashLoopBackOff", message))
            self._warn("BackOff", f"Back-off restarting failed container {self._container.name}")
            await asyncio.sleep(seconds)

    def _note(self, **changes: object) -> None:
        self._sandbox.note(self._container.name, **changes)

    def _warn(self, reason: str, message: str) -> None:
        self._sandbox.warn(self._container.name, reason, message)


def _working_folder(container: Container, folder: Path) -> Path:
    """Where the process starts: where the manifest says, if that exists here."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = Path(container.working_dir)
    return wanted if wanted.is_absolute() and wanted.is_dir() else folder


def _identity() -> str:
    return f"process://{secrets.token_hex(32)}"


def _report_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("%s failed", task.get_name(), exc_info=error)
