"""The whole controller on one screen."""

import asyncio
import gc
import logging
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext

from serinus import __version__
from serinus.api.kinds import ROLLOUT
from serinus.controller.balancers import Balancers
from serinus.controller.driving import Driver
from serinus.controller.exchange import Exchange
from serinus.controller.experiments import Experiments
from serinus.controller.freshness import Freshness
from serinus.controller.loop import Loop
from serinus.controller.measuring import Sources
from serinus.controller.permission import permitted
from serinus.controller.recorder import Recorder
from serinus.controller.release import Releaser
from serinus.controller.resolve import Resolver
from serinus.controller.rollouts import Means, Rollouts
from serinus.controller.runs import Runs
from serinus.controller.secret import Secrets
from serinus.controller.settings import ControllerSettings
from serinus.controller.stepping import Stepper
from serinus.controller.stores import Stores
from serinus.controller.telemetry import Telemetry, served
from serinus.kube import Client, Connection, ConnectionOptions, LeaderElection, Queue, load_connection
from serinus.plugins import providers, routers, steps
from serinus.providers.settings import settings_from

log = logging.getLogger(__name__)

LEASE = "argo-rollouts-controller-lock"

_RESERVED = 2
"""Workers beside the others who do nothing but what people ask for: under load, all others may wait for the API."""


async def run(connection: Connection, settings: ControllerSettings) -> None:
    """Run the controller until the process is told to end.

    Raises ``LeadershipLost`` when another replica takes over, and ``OSError`` when a port is taken.
    """
    observers: list[Callable[[str, str, int, float], None]] = []

    def on_request(method: str, path: str, status: int, seconds: float) -> None:
        for observer in observers:
            observer(method, path, status, seconds)

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            Client(
                connection,
                qps=settings.qps or None,
                burst=settings.burst,
                user_agent=f"serinus/{__version__}",
                on_request=on_request,
            )
        )
        stores = Stores(client, Queue(), routers(settings.routers), settings)
        telemetry = Telemetry(stores)
        observers.append(telemetry.request)
        recorder = Recorder(client, settings.events, telemetry.event)
        line = (client, stores, recorder, freshness := Freshness(stores))
        chosen = await permitted(client, settings.plan, settings.namespace)
        means = Means(chosen, Balancers(tag=settings.alb_tag), Stepper(steps()))
        rollouts, experiments = Rollouts(*line, means), Experiments(*line)
        runs = Runs(*line, await _sources(stack, client, settings))
        loop = Loop(stores, freshness, (rollouts, runs, experiments), Releaser(client, stores), telemetry.turn)
        stack.push_async_callback(rollouts.aclose)
        stack.push_async_callback(runs.aclose)
        await stack.enter_async_context(served(telemetry, settings.listen, _say_where))
        stack.push_async_callback(recorder.drain)
        await stack.enter_async_context(_until_told())
        async with together() as group:
            for informer in stores.informers.values():
                group.create_task(informer.run())
            group.create_task(stores.mirrors.run())
            group.create_task(recorder.run())
            async with _leading(client, settings):
                await _work(stores, loop, settings)


async def _sources(stack: AsyncExitStack, client: Client, settings: ControllerSettings) -> Sources:
    """What measurements are taken with."""
    chosen = settings_from(os.environ)
    resolver = Resolver(settings.hosts) if settings.hosts else None
    exchange = await stack.enter_async_context(Exchange(resolver=resolver))
    jobs = client
    if chosen.job_kubeconfig:
        elsewhere = load_connection(ConnectionOptions(kubeconfig=chosen.job_kubeconfig))
        jobs = await stack.enter_async_context(Client(elsewhere, user_agent=f"serinus/{__version__}"))
    home = client.connection.namespace
    return Sources(providers(), Driver(exchange, jobs), Secrets(client, home), chosen)


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A group of tasks that fails with the first failure itself, not with a group of failures."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _work(stores: Stores, loop: Loop, settings: ControllerSettings) -> None:
    await stores.filled()
    if stores.informers[ROLLOUT].missing:
        log.warning("the API does not know Rollouts yet; install the definitions: serinus crds | kubectl apply -f -")
    log.info("serving %d Rollouts", len(stores.rollouts))
    gc.collect()
    gc.freeze()  # what the start has left will stay: the collector need not walk through it again and again
    async with together() as workers:
        for _ in range(settings.workers):
            workers.create_task(loop.work())
        for _ in range(_RESERVED):
            workers.create_task(loop.work(urgent_only=True))
        workers.create_task(_resync(stores, settings.resync_seconds))


async def _resync(stores: Stores, seconds: float) -> None:
    """Look at everything again now and then: a belt beside the braces of the watches."""
    while True:
        for key in stores.everyone():
            stores.queue.add(key)
        await asyncio.sleep(seconds)


def _leading(client: Client, settings: ControllerSettings) -> AbstractAsyncContextManager[None]:
    chosen = settings.election
    if not chosen.enabled:
        return nullcontext()
    suffix = f"-{settings.plan.instance_id}" if settings.plan.instance_id else ""
    return LeaderElection(
        client,
        chosen.namespace,
        LEASE + suffix,
        identity=f"{socket.gethostname()}_{uuid.uuid4()}",
        lease_duration=chosen.lease_duration,
        renew_deadline=chosen.renew_deadline,
        retry_period=chosen.retry_period,
    ).lead()


@asynccontextmanager
async def _until_told() -> AsyncIterator[None]:
    """End the body in good order when the process gets SIGTERM or SIGINT."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    told = False

    def end() -> None:
        nonlocal told
        told = True
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
        task.uncancel()
        log.info("ending")


def _say_where(name: str, port: int) -> None:
    log.info("%s on port %d, process %d", name, port, os.getpid())
