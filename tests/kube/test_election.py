"""At most one leads, whoever cannot say so any more stops, and the next one takes over."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from serinus.kube import Client, Connection, LeaderElection, LeadershipLost

QUICK = {"lease_duration": 0.6, "renew_deadline": 0.4, "retry_period": 0.02}


class Leases:
    """One Lease, with the API's optimistic concurrency; `cut` are the user agents that get no answer."""

    def __init__(self) -> None:
        self.lease = None
        self.version = 0
        self.cut: set[str] = set()

    def store(self, lease):
        self.version += 1
        lease["metadata"]["resourceVersion"] = str(self.version)
        self.lease = lease
        return web.json_response(lease)

    async def handle(self, request):
        if request.headers["User-Agent"] in self.cut:
            return self.refuse(503, "ServiceUnavailable")
        if request.method == "GET" and self.lease:
            return web.json_response(self.lease)
        if request.method == "POST" and self.lease is None:
            return self.store(await request.json())
        if request.method == "POST":
            return self.refuse(409, "AlreadyExists")
        if self.lease is None:
            return self.refuse(404, "NotFound")
        body = await request.json()
        if body["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            return self.refuse(409, "Conflict")
        return self.store(body)

    def refuse(self, code, reason):
        return web.json_response({"kind": "Status", "code": code, "reason": reason, "message": reason}, status=code)

    def hold(self, holder: str, when: str) -> None:
        """Somebody else writes the lease."""
        spec = {"holderIdentity": holder, "renewTime": when, "leaseDurationSeconds": 2}
        self.store({"metadata": {"name": "l", "namespace": "ns"}, "spec": spec})

    @property
    def holder(self):
        return self.lease and self.lease["spec"].get("holderIdentity")


@pytest.fixture
def leases():
    return Leases()


@pytest.fixture
async def served(leases):
    """Where the lease is served."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", leases.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def candidate(served):
    """Candidates, each with a client of its own."""

    @asynccontextmanager
    async def make(name, **settings):
        async with Client(Connection(served), user_agent=name) as client:
            yield LeaderElection(client, "ns", "l", name, **{**QUICK, **settings})

    return make


async def test_the_first_one_leads_and_gives_the_lease_up_at_the_end(leases, candidate):
    heard = []
    async with candidate("a", on_leader=heard.append) as election:
        async with election.lead():
            assert election.leading
            assert leases.holder == "a"
            for name in ("acquireTime", "renewTime"):
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", leases.lease["spec"][name])
        assert not election.leading
    assert leases.holder == ""
    assert heard == ["a", ""]


async def test_it_renews_for_as_long_as_it_leads(leases, candidate, until):
    async with candidate("a") as election, election.lead():
        before = leases.version
        await until(lambda: leases.version > before + 5)
        assert election.leading


async def test_never_two_lead_at_once(leases, candidate):
    leading = 0
    terms = []

    async def run(name):
        nonlocal leading
        async with candidate(name) as election:
            for _ in range(3):
                async with election.lead():
                    leading += 1
                    assert leading == 1
                    terms.append(name)
                    await asyncio.sleep(0.03)
                    leading -= 1
                await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(run(name))
    assert sorted(terms) == sorted("abc" * 3)
    assert leases.lease["spec"]["leaseTransitions"] >= 2


async def test_who_cannot_renew_stops_before_another_one_leads(leases, candidate):
    order = []

    async def first():
        async with candidate("a") as election:
            with pytest.raises(LeadershipLost, match="lost the lease ns/l"):  # noqa: PT012
                async with election.lead():
                    leases.cut.add("a")
                    try:
                        await asyncio.sleep(60)
                    finally:
                        order.append("a stops")
                        assert leases.holder == "a"

    async def second():
        await asyncio.sleep(0.1)
        async with candidate("b") as election, election.lead():
            order.append("b leads")

    await asyncio.gather(first(), second())
    assert order == ["a stops", "b leads"]


async def test_a_lease_that_another_one_holds_is_lost_at_once(leases, candidate):
    async with candidate("a", renew_deadline=50, lease_duration=60) as election:
        with pytest.raises(LeadershipLost, match="thief holds it now"):  # noqa: PT012
            async with election.lead():
                leases.hold("thief", "2026-01-01T00:00:00.000000Z")
                await asyncio.sleep(60)
        assert not election.leading
    assert leases.holder == "thief"


async def test_a_lease_that_is_deleted_is_made_again(leases, candidate, until):
    async with candidate("a") as election, election.lead():
        leases.lease = None
        await until(lambda: leases.holder == "a")
        assert election.leading


async def test_another_ones_lease_is_judged_by_our_own_clock(leases, candidate, until):
    leases.hold("old", "1999-01-01T00:00:00.000000Z")
    async with candidate("a") as election:
        led = asyncio.Event()

        async def run():
            async with election.lead():
                led.set()

        task = asyncio.create_task(run())
        for minute in range(10):  # it renews, with the clock of another century
            await asyncio.sleep(0.05)
            leases.hold("old", f"1999-01-01T00:{minute:02}:00.000000Z")
            assert not led.is_set()
        await task  # it is silent for as long as its lease lasts
        assert led.is_set()


async def test_a_cancelled_leader_gives_the_lease_up(leases, candidate):
    started = asyncio.Event()

    async def run():
        async with candidate("a") as election, election.lead():
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(run())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leases.holder == ""


@pytest.mark.parametrize("error", [TimeoutError("mine"), ValueError("mine")])
async def test_what_the_body_raises_comes_out_as_it_is(leases, candidate, error):
    with pytest.raises(type(error), match="mine"):
        async with candidate("a") as election, election.lead():
            raise error
    assert leases.holder == ""


async def test_a_server_that_fails_is_asked_until_it_answers(leases, candidate):
    leases.cut.add("a")
    async with candidate("a") as election:
        asyncio.get_running_loop().call_later(0.1, leases.cut.clear)
        async with election.lead():
            assert leases.holder == "a"


async def test_what_others_wrote_into_the_lease_stays(leases, candidate):
    leases.hold("", "1999-01-01T00:00:00.000000Z")
    leases.lease["metadata"]["labels"] = {"team": "x"}
    leases.lease["spec"]["strategy"] = "OldestEmulationVersion"
    async with candidate("a") as election, election.lead():
        assert leases.lease["metadata"]["labels"] == {"team": "x"}
        assert leases.lease["spec"]["strategy"] == "OldestEmulationVersion"
    assert json.dumps(leases.lease)


@pytest.mark.parametrize("wrong", [{"lease_duration": 1, "renew_deadline": 2}, {"retry_period": 0}, {"identity": ""}])
async def test_settings_that_cannot_elect_are_refused(wrong):
    settings = {"identity": "a", **QUICK, **wrong}
    with pytest.raises(ValueError, match="leader election needs"):
        LeaderElection(Client(Connection("http://x")), "ns", "l", **settings)
