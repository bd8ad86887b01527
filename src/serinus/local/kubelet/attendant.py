"""Asks a running container how it is, and acts on the answers."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from serinus.local.kubelet.actions import ActionFailedError, Target, opened
from serinus.local.kubelet.grace import Grace
from serinus.local.kubelet.probes import ask
from serinus.local.kubelet.sandbox import Sandbox
from serinus.local.kubelet.spec import Action, Probe

SILENCE = 10.0
"""Seconds without an open port after which an event tells of it."""


class Attendant:
    """Stays with one process of a container: startup, readiness, liveness.

    `started` is set when the container has started up; `end` ends a process that
    is unwell.
    """

    def __init__(
        self, sandbox: Sandbox, target: Target, started: asyncio.Event, end: Callable[[Grace], Awaitable[None]]
    ) -> None:
        self._sandbox = sandbox
        self._actor = sandbox.host.actor
        self._container = target.container
        self._target = target
        self._started = started
        self._end = end

    async def attend(self) -> None:
        """Ask until cancelled, or until the process was told to end."""
        container = self._container
        if container.lifecycle.post_start and not await self._greet(container.lifecycle.post_start):
            return
        if container.startup_probe and not await self._start_up(container.startup_probe):
            return
        if not self._sandbox.containers[container.name].started:
            self._sandbox.note(container.name, started=True)
            self._started.set()
        async with asyncio.TaskGroup() as group:
            if container.readiness_probe:
                group.create_task(self._watch_readiness(container.readiness_probe))
            else:
                group.create_task(self._watch_ports())
            if container.liveness_probe:
                group.create_task(self._watch_liveness(container.liveness_probe))

    async def _greet(self, hook: Action) -> bool:
        """Run the postStart hook; a container that fails it ends."""
        try:
            await self._actor.perform(hook, self._target, None)
        except ActionFailedError as error:
            self._warn("FailedPostStartHook", f"PostStartHook failed: {error}")
            await self._end(Grace(self._sandbox.pod.spec.termination_grace_period_seconds))
            return False
        return True

    async def _start_up(self, probe: Probe) -> bool:
        """Wait for the startup probe's verdict."""
        async with contextlib.aclosing(ask(self._actor, probe, self._target)) as findings:
            async for finding in findings:
                self._tell("Startup", finding.trouble)
                if finding.verdict is False:
                    await self._end_unwell("startup", probe)
                    return False
                if finding.verdict:
                    break
        return True

    async def _watch_readiness(self, probe: Probe) -> None:
        async for finding in ask(self._actor, probe, self._target):
            self._tell("Readiness", finding.trouble)
            self._note_ready(bool(finding.verdict))

    async def _watch_ports(self) -> None:
        """Say that a container without a readiness probe is ready, once that is true.

        Elsewhere it counts as ready when it runs. Here that would be a lie for as
        long as its process has not opened its port: traffic sent to it would be
        refused.
        """
        for port in self._container.tcp_ports:
            await self._wait_for_port(port)
        self._note_ready(True)

    async def _wait_for_port(self, port: int) -> None:
        place = self._target.place(port)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SILENCE):
                return await opened(*place)
        self._warn(
            "NotListening",
            f"nothing accepts connections for port {port}: the process must listen on 127.0.0.1, on the port "
            f"that the variable PORT_{port} names (now {place[1]}); $(PORT_{port}) works in command and args",
        )
        return await opened(*place)

    async def _watch_liveness(self, probe: Probe) -> None:
        async with contextlib.aclosing(ask(self._actor, probe, self._target)) as findings:
            async for finding in findings:
                self._tell("Liveness", finding.trouble)
                if finding.verdict is False and probe.grpc is None:  # what we cannot ask must not kill
                    await self._end_unwell("liveness", probe)
                    return

    async def _end_unwell(self, kind: str, probe: Probe) -> None:
        name, pod = self._container.name, self._sandbox.pod
        self._sandbox.host.events.note(pod, "Killing", f"Container {name} failed {kind} probe and ends", name)
        seconds = probe.termination_grace_period_seconds
        await self._end(Grace(pod.spec.termination_grace_period_seconds if seconds is None else seconds))

    def _note_ready(self, ready: bool) -> None:
        if ready is not self._sandbox.containers[self._container.name].ready:
            self._sandbox.note(self._container.name, ready=ready)

    def _tell(self, kind: str, trouble: str) -> None:
        if trouble:
            self._warn("Unhealthy", f"{kind} probe failed: {trouble}")

    def _warn(self, reason: str, message: str) -> None:
        self._sandbox.warn(self._container.name, reason, message)
