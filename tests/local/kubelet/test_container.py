"""Containers are real processes: how they start, are asked, and end."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from serinus.local.kubelet import attendant, container
from serinus.local.kubelet.container import ContainerRun
from serinus.local.kubelet.facts import ContainerFacts, Running, Terminated, Waiting
from serinus.local.kubelet.grace import Grace
from serinus.local.kubelet.images import Image, ImageTable
from serinus.local.kubelet.logs import Position
from serinus.local.kubelet.sandbox import Host, Sandbox
from serinus.local.kubelet.spec import Pod

READ = Callable[..., Pod]

LISTENER = """
import os, socket, time
server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
time.sleep(600)
"""
POLITE = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.write(1, b"on\\n")
signal.sigwait({signal.SIGTERM})
os._exit(os.write(1, b"bye\\n") - 4)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("on", flush=True)
time.sleep(600)
"""


@dataclass
class Bed:
    """One container on a real machine, and what is known of it."""

    sandbox: Sandbox
    run: ContainerRun

    @property
    def facts(self) -> ContainerFacts:
        return self.sandbox.containers["c"]

    @property
    def events(self) -> list[dict]:
        return list(self.sandbox.host.events._waiting)

    async def until(self, holds: Callable[[ContainerFacts], object]) -> ContainerFacts:
        """Wait until something is known."""
        while not holds(self.facts):
            self.sandbox.changed.clear()
            await self.sandbox.changed.wait()
        return self.facts

    async def told(self) -> None:
        """Wait until there is an event."""
        await self.sandbox.host.events._arrived.wait()

    async def output(self, run: int = 0) -> str:
        log = await self.sandbox.logs_of("c").find(run)
        assert log is not None
        stored, _ = await log.read(Position())
        return "".join(line.split(" ", 3)[3] + "\n" for line in stored.decode().splitlines())

    async def printed(self, text: str) -> None:
        """Wait until the container has printed a text."""
        log = None
        while log is None:
            log = await self.sandbox.logs_of("c").find(0)
            await asyncio.sleep(0.01)
        position = Position()
        while text not in await self.output():
            await log.grown(position)
            _, position = await log.read(position)


Start = Callable[..., Awaitable[Bed]]


@pytest.fixture
async def start(host: Host, pod: READ) -> AsyncIterator[Start]:
    """Start a container `c`, given the YAML of all but its name."""
    beds: list[Bed] = []

    async def begin(rest: str, policy: str = "Never", images: ImageTable | None = None) -> Bed:
        spec = pod(
            f"{{containers: [{{name: c, image: x, {rest}}}], terminationGracePeriodSeconds: 5}}", uid=f"u-{len(beds)}"
        )
        sandbox = Sandbox(replace(host, images=images) if images else host, spec)
        sandbox.open()
        bed = Bed(sandbox, ContainerRun(sandbox, spec.spec.containers[0], policy))
        beds.append(bed)
        return bed

    yield begin
    await asyncio.gather(*(bed.run.kill() for bed in beds))


def python(code: str) -> str:
    """A command that runs Python code, as YAML."""
    return f"command: [python, -c, {json.dumps(code)}]"


def state_of(bed: Bed) -> Terminated:
    assert isinstance(bed.facts.state, Terminated)
    return bed.facts.state


def waits_for(reason: str) -> Callable[[ContainerFacts], bool]:
    return lambda facts: isinstance(facts.state, Waiting) and facts.state.reason == reason


@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [
        ("[sh, -c, exit 0]", 0, "Completed"),
        ("[sh, -c, exit 3]", 3, "Error"),
        ("[sh, -c, 'kill -9 $$$$']", 137, "Error"),
        ("[/no/such/program]", 128, "StartError"),
        ('["a\\0b"]', 128, "StartError"),
    ],
)
async def test_the_exit_code_says_how_it_ended(start: Start, command: str, code: int, reason: str) -> None:
    bed = await start(f"command: {command}")
    await bed.run.task
    assert (state_of(bed).exit_code, state_of(bed).reason, bed.facts.ready) == (code, reason, False)


async def test_output_of_both_streams_is_kept_to_the_last_byte(start: Start) -> None:
    bed = await start(
        "command: [sh, -c, 'echo $POD_NAME; echo $PORT_80 >&2; printf end'], ports: [{containerPort: 80}]"
    )
    await bed.run.task
    port = bed.sandbox.listens[80].rpartition(":")[2]
    assert sorted((await bed.output()).split()) == sorted(["web-1", port, "end"])


async def test_it_starts_in_a_folder_of_its_own_or_where_the_manifest_says(start: Start, tmp_path: Path) -> None:
    own, given, absent = [
        await start(f"command: [pwd] {more}") for more in ("", f", workingDir: {tmp_path}", ", workingDir: /no/such")
    ]
    await asyncio.gather(own.run.task, given.run.task, absent.run.task)
    assert await given.output() == f"{tmp_path}\n"
    for bed in (own, absent):
        assert await bed.output() == f"{bed.sandbox.folder}\n"


async def test_it_restarts_at_once_and_then_backs_off(start: Start) -> None:
    bed = await start("command: [sh, -c, 'echo run; exit 3']", policy="Always")
    facts = await bed.until(waits_for("CrashLoopBackOff"))
    assert facts.state == Waiting("CrashLoopBackOff", "back-off 10s restarting failed container=c")
    assert facts.restarts == 1
    assert facts.last is not None
    assert facts.last.exit_code == 3
    assert [await bed.output(run) for run in (0, 1)] == ["run\n", "run\n"]
    assert [event["reason"] for event in bed.events] == ["BackOff"]


async def test_with_on_failure_it_runs_until_it_succeeds(start: Start) -> None:
    bed = await start("command: [sh, -c, 'test -e again || { touch again; exit 1; }']", policy="OnFailure")
    await bed.run.task
    assert (state_of(bed).exit_code, bed.facts.restarts) == (0, 1)


async def test_without_ports_it_is_ready_as_soon_as_it_runs(start: Start) -> None:
    bed = await start("command: [sleep, '600']")
    facts = await bed.until(lambda facts: isinstance(facts.state, Running))
    assert (facts.ready, facts.started) == (True, True)


async def test_with_ports_it_is_ready_when_it_accepts_connections(start: Start) -> None:
    bed = await start(f"{python(LISTENER)}, ports: [{{containerPort: 80}}]")
    facts = await bed.until(lambda facts: isinstance(facts.state, Running))
    assert not facts.ready
    await bed.until(lambda facts: facts.ready)
    host, _, port = bed.sandbox.listens[80].rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()


async def test_an_event_tells_of_a_port_that_stays_closed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attendant, "SILENCE", 0.05)
    bed = await start("command: [sleep, '600'], ports: [{containerPort: 80}]")
    await bed.told()
    assert bed.events[0]["reason"] == "NotListening"
    assert "PORT_80" in bed.events[0]["message"]
    assert not bed.facts.ready


PROBES = {
    "httpGet": "{httpGet: {path: /healthz, port: web}, periodSeconds: 1}",
    "tcpSocket": "{tcpSocket: {port: 80}, periodSeconds: 1}",
    "exec": "{exec: {command: [sh, -c, 'test -n \"$POD_NAME\"']}, periodSeconds: 1}",
}


@pytest.mark.parametrize("kind", PROBES)
async def test_a_readiness_probe_that_succeeds_makes_it_ready(start: Start, kind: str) -> None:
    bed = await start(f"image: 'nginx:1', ports: [{{containerPort: 80, name: web}}], readinessProbe: {PROBES[kind]}")
    await bed.until(lambda facts: facts.ready)


async def test_a_readiness_probe_that_fails_keeps_it_out_and_is_told_once(start: Start) -> None:
    probe = "{exec: {command: [sh, -c, 'echo no; echo . >> asked; exit 1']}, periodSeconds: 0}"
    bed = await start(f"command: [sleep, '600'], readinessProbe: {probe}")
    asked = bed.sandbox.folder / "asked"
    while not asked.exists() or asked.stat().st_size < 8:  # noqa: ASYNC110 - a process writes it
        await asyncio.sleep(0.01)
    assert not bed.facts.ready
    assert [event["message"] for event in bed.events] == ["Readiness probe failed: sh ended with 1: no"]


async def test_it_is_no_longer_ready_when_the_probe_fails_later(start: Start) -> None:
    probe = "{exec: {command: [test, -e, well]}, periodSeconds: 0, failureThreshold: 1}"
    bed = await start(f"command: [sh, -c, 'touch well; sleep 600'], readinessProbe: {probe}")
    await bed.until(lambda facts: facts.ready)
    (bed.sandbox.folder / "well").unlink()
    await bed.until(lambda facts: not facts.ready)
    assert isinstance(bed.facts.state, Running)


async def test_a_liveness_probe_that_fails_ends_it(start: Start) -> None:
    probe = "{exec: {command: ['false']}, periodSeconds: 0, failureThreshold: 2}"
    bed = await start(f"command: [sleep, '600'], livenessProbe: {probe}")
    await bed.run.task
    assert state_of(bed).exit_code == 143
    assert {event["reason"] for event in bed.events} == {"Unhealthy", "Killing"}


async def test_other_probes_wait_for_the_startup_probe(start: Start) -> None:
    startup = "{exec: {command: [test, -e, up]}, periodSeconds: 0, failureThreshold: 1000000}"
    live = "{exec: {command: [test, -e, up]}, periodSeconds: 0, failureThreshold: 1}"
    bed = await start(f"command: [sleep, '600'], startupProbe: {startup}, livenessProbe: {live}")
    await bed.until(lambda facts: isinstance(facts.state, Running))
    assert not bed.facts.ready
    (bed.sandbox.folder / "up").touch()
    facts = await bed.until(lambda facts: facts.ready)
    assert facts.started
    assert isinstance(facts.state, Running)


async def test_a_startup_probe_that_gives_up_ends_it(start: Start) -> None:
    bed = await start("command: [sleep, '600'], startupProbe: {exec: {command: ['false']}, periodSeconds: 0}")
    await bed.run.task
    assert (state_of(bed).exit_code, bed.run.started.is_set()) == (143, False)


async def test_a_startup_probe_counts_again_after_a_restart(start: Start) -> None:
    startup = "{exec: {command: ['true']}, periodSeconds: 0}"
    live = "{exec: {command: [sh, -c, 'test -e once || ! touch once']}, periodSeconds: 0, failureThreshold: 1}"
    bed = await start(f"command: [sleep, '600'], startupProbe: {startup}, livenessProbe: {live}", policy="Always")
    facts = await bed.until(lambda facts: facts.restarts == 1 and facts.ready)
    assert facts.started


async def test_the_post_start_hook_comes_before_it_counts_as_started(start: Start) -> None:
    hook = "lifecycle: {postStart: {exec: {command: [sh, -c, 'sleep 0.1; touch hooked']}}}"
    bed = await start(f"command: [sleep, '600'], {hook}")
    facts = await bed.until(lambda facts: isinstance(facts.state, Running))
    assert (facts.started, facts.ready) == (False, False)
    await bed.until(lambda facts: facts.started and facts.ready)
    assert (bed.sandbox.folder / "hooked").exists()


async def test_a_post_start_hook_that_fails_ends_it(start: Start) -> None:
    bed = await start("command: [sleep, '600'], lifecycle: {postStart: {exec: {command: ['false']}}}")
    await bed.run.task
    assert state_of(bed).exit_code == 143
    assert [event["reason"] for event in bed.events] == ["FailedPostStartHook"]


async def test_a_grpc_probe_is_reported_and_does_not_kill(start: Start) -> None:
    probe = "{grpc: {port: 80}, periodSeconds: 0, failureThreshold: 1}"
    bed = await start(f"command: [sleep, '600'], livenessProbe: {probe}")
    await bed.told()
    assert "no gRPC probes" in bed.events[0]["message"]
    assert isinstance(bed.facts.state, Running)


async def test_it_ends_politely(start: Start) -> None:
    bed = await start(python(POLITE))
    await bed.printed("on")
    await bed.run.stop(Grace(60))
    assert (state_of(bed).exit_code, await bed.output()) == (0, "on\nbye\n")


async def test_it_is_killed_when_the_grace_period_is_over(start: Start) -> None:
    bed = await start(python(STUBBORN))
    await bed.printed("on")
    await bed.run.stop(Grace(0.05))
    assert state_of(bed).exit_code == 137


async def test_a_second_harder_deletion_shortens_the_grace_period(start: Start) -> None:
    bed = await start(python(STUBBORN))
    await bed.printed("on")
    grace = Grace(600)
    stopping = asyncio.create_task(bed.run.stop(grace))
    await asyncio.sleep(0)
    grace.shorten(0.05)
    await stopping
    assert state_of(bed).exit_code == 137


async def test_the_pre_stop_hook_comes_before_the_signal(start: Start) -> None:
    hook = "lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 0.1; touch hooked']}}}"
    code = "import os, signal, time; signal.signal(15, lambda *_: os._exit(os.path.exists('hooked')))\n"
    bed = await start(f"{python(code + 'print(1, flush=True); time.sleep(600)')}, {hook}")
    await bed.printed("1")
    await bed.run.stop(Grace(60))
    assert state_of(bed).exit_code == 1


async def test_a_pre_stop_hook_that_fails_is_told_and_the_end_goes_on(start: Start) -> None:
    bed = await start("command: [sleep, '600'], lifecycle: {preStop: {exec: {command: ['false']}}}")
    await bed.until(lambda facts: facts.ready)
    await bed.run.stop(Grace(60))
    assert state_of(bed).exit_code == 143
    assert [event["reason"] for event in bed.events] == ["FailedPreStopHook"]


async def test_a_pre_stop_sleep_never_outlasts_the_grace_period(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "LAST_GRACE", 0.1)
    bed = await start(f"{python(STUBBORN)}, lifecycle: {{preStop: {{sleep: {{seconds: 600}}}}}}")
    await bed.printed("on")
    await bed.run.stop(Grace(0.1))
    assert state_of(bed).exit_code == 137


async def test_stopping_between_two_runs_leaves_it_ended(start: Start) -> None:
    bed = await start("command: [sh, -c, 'exit 3']", policy="Always")
    await bed.until(waits_for("CrashLoopBackOff"))
    await bed.run.stop(Grace(60))
    assert state_of(bed).exit_code == 3


async def test_an_unknown_image_waits_and_says_how_to_map_it(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "PULL_PAUSE", 0.05)
    bed = await start("env: []")
    facts = await bed.until(waits_for("ErrImagePull"))
    assert isinstance(facts.state, Waiting)
    assert 'image: "x"' in facts.state.message
    facts = await bed.until(waits_for("ImagePullBackOff"))
    assert (bed.events[0]["reason"], bed.events[0]["message"]) == ("Failed", bed.sandbox.host.images.advice("x"))
    await bed.run.stop(Grace(0))
    assert bed.facts == facts


async def test_state_only_is_ready_without_a_process_or_a_port(start: Start) -> None:
    bed = await start("ports: [{containerPort: 80}]", images=ImageTable((Image("*", state_only=True),)))
    facts = await bed.until(lambda facts: facts.ready)
    assert isinstance(facts.state, Running)
    assert bed.sandbox.listens == {}
    assert not bed.run.has_process


async def test_killing_leaves_no_process(start: Start) -> None:
    bed = await start("command: [sh, -c, 'echo $$$$; sleep 600']")
    await bed.printed("\n")
    pid = int(await bed.output())
    await bed.run.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_what_a_container_leaves_in_the_background_does_not_keep_it(start: Start) -> None:
    bed = await start("command: [sh, -c, 'sleep 600 & echo started']")
    await bed.run.task
    assert (state_of(bed).exit_code, await bed.output()) == (0, "started\n")
