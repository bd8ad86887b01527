"""The whole demo: its own cluster, the play, the verdict."""

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console

from serinus.demo.article import PAUSE, manifest, shortened
from serinus.demo.calls import Calls
from serinus.demo.front import front_of
from serinus.demo.kubectl import Kubectl
from serinus.demo.play import Play, Stage
from serinus.demo.record import Record
from serinus.demo.scenario import Scenario
from serinus.demo.scenarios import SCENARIOS
from serinus.demo.scenarios.blue_green import TESTERS
from serinus.demo.screen import Screen, opened
from serinus.demo.table import table_of, verdict
from serinus.demo.traffic import RATE, Traffic
from serinus.demo.watch import Watch
from serinus.kube import Client, ConnectionOptions, KubeError, load_connection
from serinus.local.build import build
from serinus.local.cluster import LocalCluster, Settings
from serinus.local.controller import run_controller
from serinus.local.errors import LocalError
from serinus.local.folders import log_into
from serinus.local.kubelet.images import DEMO_APP
from serinus.local.programs import control_plane
from serinus.local.prometheus.binary import prometheus_binary
from serinus.local.tasks import Tasks

NAME = "demo"
WIDTH = 118
"""Columns of the table where no terminal says how many there are."""


@dataclass(frozen=True)
class Options:
    """What a user can choose."""

    scenario: str = "nginx"
    short_pauses: bool = True
    rate: int = RATE
    """Requests per second from outside."""
    json: bool = False
    """End with one JSON document on standard output; everything else goes to standard error."""
    color: bool = True
    keep: bool = False
    """Leave the cluster's folder behind: logs, audit log, manifests."""


async def run(options: Options) -> int:
    """Play, tell the verdict, and return the exit code."""
    began = time.monotonic()
    story = SCENARIOS[options.scenario]
    record = Record(story.tell(story.short_pause if options.short_pauses else PAUSE))
    console = _console(options)
    code = 0
    with _stoppable() as signals, _folder(options, console) as root:
        try:
            await _in_cluster(root, record, console, options)
        except asyncio.CancelledError:
            if not signals:
                raise
            code, record.error = 128 + signals[0], "interrupted"
        except (LocalError, KubeError, OSError) as error:
            record.error = str(error)
    record.seconds = time.monotonic() - began
    _tell(record, console, options)
    return code or int(bool(record.offences))


async def _in_cluster(root: Path, record: Record, console: Console, options: Options) -> None:
    """Start everything, play, and stop everything."""
    await build(control_plane())  # it shows its own progress, and only the first time
    scenario = record.scenario
    if scenario.measured:
        await prometheus_binary()
    async with opened(console, record) as screen:
        gateway = scenario.door.gateway
        parts = "etcd, kube-apiserver, kube-controller-manager, a node"
        screen.says(f"starting a cluster: {parts}, {gateway}{', Prometheus' if scenario.measured else ''}")
        cluster = LocalCluster(
            Settings(
                NAME,
                root=root,
                images=_images(root, scenario),
                audit=options.keep,
                mesh=gateway == "envoy",
                prometheus=scenario.measured,
            )
        )
        log_into(cluster.state)
        async with cluster:
            await run_controller(cluster)
            screen.says(f"the cluster is up: {cluster.server}, {gateway} on http://{cluster.gateways[gateway]}")
            await _on(cluster, record, screen, options)


async def _on(cluster: LocalCluster, record: Record, screen: Screen, options: Options) -> None:
    """Play on a running cluster."""
    scenario, door = record.scenario, record.scenario.door
    _write_manifests(cluster.state, scenario, SCENARIOS[scenario.name].short_pause if options.short_pauses else None)
    connection = load_connection(ConnectionOptions(kubeconfig=str(cluster.kubeconfig)))
    async with Client(connection) as client, Tasks() as tasks:
        watch = Watch(client, scenario.rollout, mesh=door.gateway == "envoy")
        traffic = Traffic(cluster.gateways[door.gateway], door.host, scenario.images, faulty=scenario.faulty)
        traffic.rate = options.rate
        tasks.start(watch.run())
        if door.caller:
            tasks.start(Calls(client, watch, traffic.tally).run())
        stage = Stage(
            kubectl=Kubectl(cluster.processes, cluster.kubeconfig, cluster.state),
            watch=watch,
            front=front_of(cluster, door),
            traffic=traffic,
            testers=traffic.testers(door.preview, TESTERS) if door.preview else None,
        )
        await Play(record, stage, screen).run()


def _images(root: Path, scenario: Scenario) -> tuple[Path, ...]:
    """Write which images answer with errors, as a table for the cluster."""
    if not scenario.faulty:
        return ()
    entries = [
        {"image": image, "command": list(DEMO_APP), "env": {"ERROR_RATE": part}}
        for image, part in scenario.faulty.items()
    ]
    (root / "images.json").write_bytes(msgspec.json.encode({"images": entries}))
    return (root / "images.json",)


def _write_manifests(folder: Path, scenario: Scenario, pause: float | None) -> None:
    """Put what will be applied where kubectl runs; None leaves timed pauses as they stand."""
    text = manifest(scenario.manifest)
    (folder / scenario.manifest).write_text(text if pause is None else shortened(text, pause, scenario.scale_down))
    if caller := scenario.door.caller:
        (folder / caller).write_text(manifest(caller))


def _console(options: Options) -> Console:
    """Where people look: standard output, unless JSON goes there."""
    console = Console(stderr=options.json, no_color=not options.color or None)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def _tell(record: Record, console: Console, options: Options) -> None:
    """Print the table, the verdict and, where wanted, the document."""
    if record.rows:
        console.print(table_of(record.scenario, record.rows))
    tally = record.tally
    errors = "".join(f", {count:,} errors of {image} itself" for image, count in tally.errors.items())
    totals = f"{tally.requests:,} requests, {tally.failed} failed{errors}; {record.seconds:.0f} s from start to end."
    found = record.offences
    style = "bold red" if found else "bold green"
    console.print(verdict(record.rows, found, totals), style=style, markup=False, highlight=False, soft_wrap=True)
    if found and not options.keep:
        console.print(
            "The cluster and its logs are removed; `serinus demo --keep` leaves them behind.", highlight=False
        )
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(record.document()), indent=2) + b"\n")
        sys.stdout.flush()


@contextmanager
def _folder(options: Options, console: Console) -> Iterator[Path]:
    """A folder for the cluster, gone at the end unless it is to be kept."""
    root = Path(tempfile.mkdtemp(prefix="serinus-demo-"))
    try:
        yield root
    finally:
        if options.keep:
            console.print(f"The cluster's logs are in {root / NAME}", highlight=False, soft_wrap=True)
        else:
            shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Let Ctrl-C and its like cancel this task; tells their numbers."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    told: list[int] = []

    def stop(number: int) -> None:
        if not told:  # a second one must not disturb the clean stop
            task.cancel()
        told.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, stop, number)
    try:
        yield told
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
