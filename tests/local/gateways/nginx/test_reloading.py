"""What a real nginx does while its configuration changes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from serinus.local.errors import LocalError
from serinus.local.gateways.logs import move_full
from serinus.local.gateways.nginx.master import IngressRefusedError, Master
from serinus.local.gateways.routing import Backend, Canary, Location, Routing, Server, Split
from serinus.local.ports import free_ports
from serinus.local.processes import Processes

Until = Callable[[Callable[[], Any]], Awaitable[None]]


def routing(
    upstreams: dict[str, Any], share: Fraction = Fraction(0), *, stable: str = "stable", **rule: str
) -> Routing:
    """All hosts to one upstream, a part of the requests to the canary."""
    main = Backend("default", "stable", "80", (upstreams[stable].address,))
    second = Backend("default", "canary", "80", (upstreams["canary"].address,))
    split = Split("default/second", second, Canary(share=share, **rule))
    return Routing((Server("", (Location(owner="default/main", path="", backend=main, split=split),)),))


def worker_of(master_pid: str) -> int:
    return int(Path(f"/proc/{master_pid}/task/{master_pid}/children").read_text().split()[0])


class Load:
    """Steady requests from several clients; every answer and every failure is kept."""

    def __init__(self, port: int, *, keep_alive: bool) -> None:
        self._port = port
        self._keep_alive = keep_alive
        self.answers = 0
        self.reconnects = 0
        self.retries = 0
        self.failures: list[str] = []

    @asynccontextmanager
    async def running(self, clients: int = 4) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(self._client(stop))
            yield
            stop.set()

    async def _client(self, stop: asyncio.Event) -> None:
        connection = None
        while not stop.is_set():
            if connection and connection[0].at_eof():
                connection[1].close()
                connection = None
                self.reconnects += 1
            fresh = connection is None
            connection = connection or await asyncio.open_connection("127.0.0.1", self._port)
            answer = await self._ask(*connection)
            if answer.startswith(b"HTTP/1.1 200") and answer.endswith((b"stable", b"canary")):
                self.answers += 1
            elif not answer and not fresh:
                self.retries += 1  # closed before the first byte of an answer: asking again is safe
            else:
                self.failures.append(repr(answer))
            if not self._keep_alive or not answer:
                connection[1].close()
                connection = None
            await asyncio.sleep(0.001)
        if connection:
            connection[1].close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Send one request; the answer is empty where the connection ended before it."""
        close = "" if self._keep_alive else "Connection: close\r\n"
        writer.write(f"GET / HTTP/1.1\r\nHost: shop.test\r\n{close}\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            return head + await reader.readexactly(6)
        except asyncio.IncompleteReadError as error:
            return error.partial
        except ConnectionError:
            return b""


@pytest.mark.parametrize("keep_alive", [False, True])
async def test_no_request_is_lost_while_weights_and_endpoints_change(
    master: Master, upstreams: dict[str, Any], keep_alive: bool
) -> None:
    await master.apply(routing(upstreams))
    load = Load(master.port, keep_alive=keep_alive)
    async with load.running():
        for step in range(20):
            await master.apply(routing(upstreams, Fraction(step, 20), stable=("stable", "canary")[step % 2]))
    assert load.failures == []
    assert load.answers > 100
    assert load.retries == 0 or keep_alive


async def test_when_apply_returns_no_request_meets_the_old_routes(
    master: Master, upstreams: dict[str, Any], web: Any
) -> None:
    for step in range(12):
        share = Fraction(step % 2)
        await master.apply(routing(upstreams, share))
        assert {await web.get() for _ in range(20)} == {(200, "canary" if share else "stable")}


async def test_a_slow_request_ends_well_under_its_old_configuration(
    master: Master, upstreams: dict[str, Any], web: Any, until: Until
) -> None:
    await master.apply(routing(upstreams))
    upstreams["stable"].delay = 1.0
    slow = asyncio.create_task(web.get())
    await until(lambda: upstreams["stable"].requests)
    await master.apply(routing(upstreams, Fraction(1)))
    assert await web.get() == (200, "canary")
    assert await slow == (200, "stable")


async def test_each_configuration_has_its_number(master: Master, upstreams: dict[str, Any]) -> None:
    assert master.generation == 0
    for expected in (1, 2, 3):
        await master.apply(routing(upstreams, Fraction(1, expected)))
        assert master.generation == expected


async def test_a_refused_configuration_names_its_ingress_and_what_ran_runs_on(
    master: Master, upstreams: dict[str, Any], web: Any
) -> None:
    await master.apply(routing(upstreams))
    with pytest.raises(IngressRefusedError, match=r"nginx refuses the configuration: .*a\(") as caught:
        await master.apply(routing(upstreams, header="X", header_pattern="a("))
    assert caught.value.owner == "default/second"
    assert await web.get() == (200, "stable")
    assert master.generation == 1
    await master.apply(routing(upstreams, Fraction(1)))
    assert await web.get() == (200, "canary")


async def test_a_refused_first_configuration_starts_nothing(master: Master, upstreams: dict[str, Any]) -> None:
    with pytest.raises(IngressRefusedError):
        await master.apply(routing(upstreams, header="X", header_pattern="a("))
    assert not master.running


async def test_nginx_comes_back_at_the_same_port_after_it_was_killed(
    tmp_path: Path, processes: Processes, upstreams: dict[str, Any], web: Any, master: Master, until: Until
) -> None:
    await master.apply(routing(upstreams))
    port = master.port
    os.kill(int((tmp_path / "nginx.pid").read_text()), signal.SIGKILL)
    await until(lambda: not master.running)
    await master.apply(routing(upstreams, Fraction(1)))
    assert (master.port, await web.get()) == (port, (200, "canary"))


async def test_a_worker_that_was_killed_is_replaced_and_reloads_still_work(
    master: Master, upstreams: dict[str, Any], web: Any, tmp_path: Path
) -> None:
    await master.apply(routing(upstreams))
    pid = (tmp_path / "nginx.pid").read_text().strip()
    os.kill(worker_of(pid), signal.SIGKILL)
    await master.apply(routing(upstreams, Fraction(1)))
    assert await web.get() == (200, "canary")


async def test_stopping_lets_requests_under_way_end(
    tmp_path: Path, processes: Processes, upstreams: dict[str, Any], web: Any, master: Master, until: Until
) -> None:
    await master.apply(routing(upstreams))
    upstreams["stable"].delay = 0.5
    slow = asyncio.create_task(web.get())
    await until(lambda: upstreams["stable"].requests)
    await master.stop()
    assert await slow == (200, "stable")
    assert not master.running


async def test_a_log_that_cannot_be_written_is_told(
    processes: Processes, upstreams: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "error.log").mkdir()
    master = Master(tmp_path, processes, ended=lambda: None)
    with pytest.raises(LocalError, match=r"error\.log"):
        await master.apply(routing(upstreams))


async def test_full_logs_are_moved_and_opened_anew(
    master: Master, upstreams: dict[str, Any], web: Any, tmp_path: Path, until: Until
) -> None:
    await master.apply(routing(upstreams))
    await web.get()
    log = tmp_path / "access.log"
    assert not move_full(tmp_path)
    await until(lambda: move_full(tmp_path, room=10))  # the line is written after the answer
    master.reopen_logs()
    await until(log.exists)
    await web.get("/second")
    await until(lambda: "/second" in log.read_text())
    assert len((tmp_path / "access.log.1").read_text().splitlines()) == 1


async def test_a_port_that_somebody_took_is_replaced_by_another(
    master: Master, upstreams: dict[str, Any], web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = int(upstreams["canary"].address.split(":")[1])
    offers = iter([[taken, free_ports(1)[0]], free_ports(2)])
    monkeypatch.setattr("serinus.local.gateways.nginx.master.free_ports", lambda _count: next(offers))
    await master.apply(routing(upstreams))
    assert master.port != taken
    assert await web.get() == (200, "stable")


OWNER = """
import asyncio, sys
from pathlib import Path
from serinus.local.gateways.nginx.master import Master
from serinus.local.gateways.routing import Routing
from serinus.local.processes import Processes

async def main():
    async with Processes() as processes:
        master = Master(Path(sys.argv[1]), processes, ended=lambda: None)
        await master.apply(Routing())
        print("up", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_nginx_ends_with_its_owner_even_when_that_was_killed(tmp_path: Path, until: Until) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    assert await owner.stdout.readline() == b"up\n"
    master = (tmp_path / "nginx.pid").read_text().strip()
    pids = [int(master), worker_of(master)]
    owner.kill()
    await owner.wait()
    await until(lambda: not any(alive(pid) for pid in pids))


def alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_a_directory_that_cannot_be_written_is_told(
    processes: Processes, upstreams: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    master = Master(tmp_path / "file", processes, ended=lambda: None)
    with pytest.raises(LocalError, match=r"cannot judge a configuration in .*/file"):
        await master.apply(routing(upstreams))
