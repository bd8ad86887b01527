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
from serinus.local.kubelet.actions import ActionFailedError, Target, opened
from serinus.local.kubelet.facts import CREATING, ContainerFacts, Running, Terminated, Waiting, has_run
from serinus.local.kubelet.grace import Grace
from serinus.local.kubelet.images import Image
from serinus.local.kubelet.logs import Log
from serinus.local.kubelet.pipes import pipes
from serinus.local.kubelet.probes import ask
from serinus.local.kubelet.restarts import Backoff, restarts
from serinus.local.kubelet.sandbox import Sandbox, now
from serinus.local.kubelet.sources import read_sources
from serinus.local.kubelet.spec import Action, Container, Probe

log = logging.getLogger(__name__)

LAST_GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL that a container gets even when its preStop hook has used up all."""

HASTE = 1.0
"""Seconds that a process gets when nobody waits for its pod any more."""

PULL_PAUSE = 1.0
"""Seconds from ErrImagePull to ImagePullBackOff."""

SILENCE = 10.0
"""Seconds without an open port after which an event tells of it."""


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
        return ended

    async def _prepare(self, image: Image) -> Target:
        """Gather all that the process needs; wait for ConfigMaps and Secrets."""
        pause = 0.5
        while True:
            try:
                sources = await read_sources(self._host.client, self._sandbox.pod, self._container)
                variables = self._environment(image, sources)
            except (env.EnvironmentProblemError, KubeError) as error:
                self._note(state=Waiting("CreateContainerConfigError", str(error)))
                self._warn("Failed", f"Error: {error}")
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
                continue
            folder = await asyncio.to_thread(_working_folder, self._container, self._sandbox.folder)
            return Target(self._container, self._sandbox.listens, variables, folder)

    def _environment(self, image: Image, sources: Mapping[env.Source, Mapping[str, str]]) -> dict[str, str]:
        base = env.inherited(os.environ)
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
                self._process = None
        return code if code >= 0 else 128 - code

    def _note_running(self, identity: str) -> None:
        container = self._container
        started = container.startup_probe is None
        ready = started and container.readiness_probe is None and not container.tcp_ports
        self._note(state=Running(now()), started=started, ready=ready, container_id=identity)
        if started:
            self.started.set()

    async def _attend(self, process: Process, target: Target) -> int:
        """Ask the process how it is until it ends."""
        asking = asyncio.create_task(self._ask(process, target))
        asking.add_done_callback(_report_failure)
        try:
            return await process.wait()
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask(self, process: Process, target: Target) -> None:
        container = self._container
        if container.startup_probe and not await self._start_up(container.startup_probe, process, target):
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_readiness(target))
            if container.liveness_probe:
                group.create_task(self._watch_liveness(container.liveness_probe, process, target))

    async def _start_up(self, probe: Probe, process: Process, target: Target) -> bool:
        async for finding in ask(self._host.actor, probe, target):
            self._warn_unhealthy("Startup", finding.trouble)
            if finding.verdict is not None:
                break
        else:
            raise AssertionError("a probe asks for ever")
        if not finding.verdict:
            await self._end_unwell("startup", probe, process, target)
            return False
        self._note(started=True, ready=not (self._container.readiness_probe or self._container.tcp_ports))
        self.started.set()
        return True

    async def _watch_readiness(self, target: Target) -> None:
        if probe := self._container.readiness_probe:
            async for finding in ask(self._host.actor, probe, target):
                self._warn_unhealthy("Readiness", finding.trouble)
                if bool(finding.verdict) is not self.facts.ready:
                    self._note(ready=bool(finding.verdict))
            return
        # Without a probe a container counts as ready when it runs. Here that would be a lie for
        # as long as its process has not opened its port: traffic sent to it would be refused.
        for port in self._container.tcp_ports:
            await self._wait_for_port(target, port)
        if not self.facts.ready:
            self._note(ready=True)

    async def _wait_for_port(self, target: Target, port: int) -> None:
        place = target.place(port)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENCE):
                return await opened(*place)
        self._warn(
            "NotListening",
            f"nothing accepts connections for port {port}: the process must listen on 127.0.0.1, on the port "
            f"that the variable PORT_{port} names (now {place[1]}); $(PORT_{port}) works in command and args",
        )
        return await opened(*place)

    async def _watch_liveness(self, probe: Probe, process: Process, target: Target) -> None:
        async for finding in ask(self._host.actor, probe, target):
            self._warn_unhealthy("Liveness", finding.trouble)
            if finding.verdict is False and probe.grpc is None:  # what we cannot ask must not kill
                await self._end_unwell("liveness", probe, process, target)
                break

    async def _end_unwell(self, kind: str, probe: Probe, process: Process, target: Target) -> None:
        self._host.events.note(
            self._sandbox.pod,
            "Killing",
            f"Container {self._container.name} failed {kind} probe and ends (restart policy: {self._policy})",
            self._container.name,
        )
        seconds = probe.termination_grace_period_seconds
        if seconds is None:
            seconds = self._sandbox.pod.spec.termination_grace_period_seconds
        await self._end(process, target, Grace(seconds))

    async def _end(self, process: Process, target: Target, grace: Grace) -> None:
        if hook := self._container.lifecycle.pre_stop:
            await grace.allows(self._pre_stop(hook, target))
            grace = grace if grace.left > LAST_GRACE else Grace(LAST_GRACE)
        if process.returncode is None:
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
        self._host.events.warn(self._sandbox.pod, reason, message, self._container.name)

    def _warn_unhealthy(self, kind: str, trouble: str) -> None:
        if trouble:
            self._warn("Unhealthy", f"{kind} probe failed: {trouble}")


def _working_folder(container: Container, folder: Path) -> Path:
    """Where the process starts: where the manifest says, if that exists here."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = Path(container.working_dir)
    return wanted if wanted.is_absolute() and wanted.is_dir() else folder


def _identity() -> str:
    return f"process://{secrets.token_hex(32)}"


def _report_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("probing a container failed", exc_info=error)
