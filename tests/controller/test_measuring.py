"""Measurements in the background: what becomes of them, and of what goes wrong."""

import asyncio
from base64 import b64encode
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from analysis.scenes import metric, run_of
from serinus.api.analysis import AnalysisRun
from serinus.controller.driving import Driver
from serinus.controller.exchange import Exchange
from serinus.controller.measuring import Measurer, Sources
from serinus.controller.secret import Secrets
from serinus.kube import Key, NotFound, Status, Unreachable
from serinus.plan import Collect, Measure, Measured, Refused
from serinus.providers.provider import AtOnce, Later, Measuring, Order, ProviderError, Reading, SecretName
from serinus.providers.request import ClusterReply, ClusterRequest

KEY = Key("AnalysisRun", "shop", "run")
FIRST = Measure("errors", 1)
TOKEN = "t0p-s3cret"
STUCK = "/stuck"
"""A path that never answers."""


class Api:
    """The cluster's API with some Secrets, or out of reach."""

    def __init__(self, secrets: dict[str, dict[str, str]] | None = None, *, reachable: bool = True) -> None:
        self.secrets = secrets or {}
        self.reachable = reachable

    async def get(self, path: str, params: Any = None) -> Any:
        if path == STUCK:
            await asyncio.Event().wait()
        if not self.reachable:
            raise Unreachable("the cluster does not answer")
        name = path.rpartition("/")[2]
        if name not in self.secrets:
            raise NotFound(Status(code=404, reason="NotFound", message=f'secrets "{name}" not found'))
        return {"data": {key: b64encode(value.encode()).decode() for key, value in self.secrets[name].items()}}

    async def create(self, path: str, body: Any, params: Any = None) -> Any:
        raise NotFound(Status(code=409, reason="AlreadyExists", message="it is there"))


class Probe(AtOnce):
    """A provider that does what a test wants."""

    name = "probe"

    def __init__(self, does: Any = None, needs: Sequence[SecretName] = ()) -> None:
        self.does = does or (lambda _: Reading(1.0, "1"))
        self.needs = needs
        self.orders: list[Order] = []
        self.collected: list[Order] = []
        self.has_collected = asyncio.Event()

    def secrets(self, order: Order) -> Sequence[SecretName]:
        return self.needs

    def run(self, order: Order) -> Measuring:
        self.orders.append(order)
        done = self.does(order)
        if isinstance(done, Generator):
            return (yield from done)
        return done  # type: ignore[no-any-return]

    def collect(self, order: Order) -> Generator[Any, Any, None]:
        self.collected.append(order)
        self.has_collected.set()
        yield from ()


class Bench:
    """A measurer with one provider, and what it tells."""

    def __init__(self, probe: Probe, api: Api | None = None) -> None:
        client: Any = api or Api()
        sources = Sources({"probe": probe}, Driver(Exchange(), client), Secrets(client, "home"))
        self.told: list[tuple[Key, bool]] = []
        self.answered = asyncio.Event()
        self.measurer = Measurer(sources, self.hear)

    def hear(self, key: Key, is_bad: bool) -> None:
        self.told.append((key, is_bad))
        self.answered.set()

    async def measure(self, run: AnalysisRun, ask: Measure = FIRST) -> Measured | Refused:
        self.measurer.start(KEY, run, ask)
        await self.answered.wait()
        return self.measurer.seen(KEY, run).answers[ask]

    async def measurement(self, run: AnalysisRun) -> Any:
        answer = await self.measure(run)
        assert isinstance(answer, Measured)
        return answer.measurement


def probed(*, secret: bool = False, **fields: Any) -> AnalysisRun:
    source = {"secretKeyRef": {"name": "access", "key": "token"}}
    args = [{"name": "token", "valueFrom": source}] if secret else []
    return run_of(
        metric(provider={"plugin": {"probe": {"token": "{{args.token}}"} if secret else {}}}, **fields), args=args
    )


async def test_a_result_is_judged_and_told() -> None:
    bench = Bench(Probe())
    found = await bench.measurement(probed(successCondition="result > 0.5"))
    assert (found.phase, found.value) == ("Successful", "1")
    assert bench.told == [(KEY, False)]


async def test_bad_news_is_told_as_such() -> None:
    bench = Bench(Probe())
    found = await bench.measurement(probed(successCondition="result > 5"))
    assert found.message == '1 does not meet successCondition "result > 5"'
    assert bench.told == [(KEY, True)]


async def test_a_question_is_asked_once() -> None:
    probe = Probe()
    bench = Bench(probe)
    run = probed()
    bench.measurer.start(KEY, run, FIRST)
    bench.measurer.start(KEY, run, FIRST)
    await bench.measure(run)
    assert [order.number for order in probe.orders] == [1]


async def test_an_answer_stays_until_it_is_written_down() -> None:
    bench, run = Bench(Probe()), probed()
    await bench.measure(run)
    seen = bench.measurer.seen(KEY, run)
    assert set(seen.answers) == set(bench.measurer.seen(KEY, run).answers) == {FIRST}
    bench.measurer.settle(KEY, seen)
    assert not bench.measurer.seen(KEY, run).answers


async def test_another_run_of_the_same_name_gets_nothing_of_the_first() -> None:
    bench, run = Bench(Probe()), probed()
    await bench.measure(run)
    manifest = run_of(metric()).metadata
    other = AnalysisRun(metadata=type(manifest)(name="run", namespace="shop", uid="u2"), spec=run.spec)
    assert not bench.measurer.seen(KEY, other).answers


async def test_a_run_that_is_gone_is_measured_no_more() -> None:
    bench, run = Bench(Probe(lambda _: forever())), probed()
    bench.measurer.start(KEY, run, FIRST)
    await asyncio.sleep(0)
    bench.measurer.forget(KEY)
    await asyncio.sleep(0)
    assert not bench.measurer.seen(KEY, run).measuring
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_closing_leaves_nothing_behind() -> None:
    bench, run = Bench(Probe(lambda _: forever())), probed()
    bench.measurer.start(KEY, run, FIRST)
    await bench.measurer.aclose()
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def forever() -> Measuring:
    yield ClusterRequest("get", STUCK)
    raise AssertionError("it answered")


def broken() -> Measuring:
    yield ClusterRequest("get", "/x")
    raise RuntimeError(f"it holds {TOKEN}")


async def test_a_provider_that_breaks_is_an_error_without_its_words() -> None:
    found = await Bench(Probe(lambda _: broken())).measurement(probed())
    assert (found.phase, found.message) == ("Error", "the metric provider failed: RuntimeError")


def of_the_cluster(request: ClusterRequest) -> Measuring:
    reply = yield request
    assert isinstance(reply, ClusterReply)
    return Reading(reply.body, f"{reply.status} {reply.body['reason']}")


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        (ClusterRequest("get", "/api/v1/namespaces/shop/secrets/no"), "404 NotFound"),
        (ClusterRequest("create", "/apis/batch/v1/namespaces/shop/jobs", {}), "409 AlreadyExists"),
    ],
)
async def test_what_the_cluster_refuses_is_a_reply(request_: ClusterRequest, value: str) -> None:
    found = await Bench(Probe(lambda _: of_the_cluster(request_))).measurement(probed())
    assert found.value == value


async def test_a_cluster_out_of_reach_is_an_error() -> None:
    probe = Probe(lambda _: of_the_cluster(ClusterRequest("get", "/x")))
    found = await Bench(probe, Api(reachable=False)).measurement(probed())
    assert found.message == "the cluster cannot be asked now: the cluster does not answer"


async def test_a_provider_that_is_not_installed_is_an_error() -> None:
    run = run_of(metric(provider={"plugin": {"other": {}}}))
    found = await Bench(Probe()).measurement(run)
    assert found.message == "no metric provider 'other' is installed; there are: probe"


async def test_secrets_reach_the_provider_and_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    echo = Probe(lambda order: Reading(order.metric.provider.plugin["probe"]["token"], f"got {TOKEN}"))
    bench = Bench(echo, Api({"access": {"token": TOKEN}}))
    answer = await bench.measure(probed(secret=True, successCondition='result == "{{args.token}}!"'))
    assert isinstance(answer, Measured)
    assert echo.orders[0].metric.provider.plugin["probe"]["token"] == TOKEN
    assert answer.measurement.message == 'got ***** does not meet successCondition "result == "*****!""'
    assert answer.metadata == {"successCondition": 'result == "*****!"'}
    assert TOKEN not in repr(answer) + caplog.text


@pytest.mark.parametrize(
    ("secrets", "said"),
    [({}, 'secrets "access" not found'), ({"access": {"x": "y"}}, "key 'token' does not exist in secret 'access'")],
)
async def test_a_missing_secret_of_an_argument_is_refused(secrets: dict[str, dict[str, str]], said: str) -> None:
    assert await Bench(Probe(), Api(secrets)).measure(probed(secret=True)) == Refused(said)


async def test_a_secret_that_cannot_be_read_now_is_an_error() -> None:
    found = await Bench(Probe(), Api(reachable=False)).measurement(probed(secret=True))
    said = 'the Secret "access" cannot be read now: the cluster does not answer'
    assert (found.phase, found.message) == ("Error", said)


async def test_a_missing_secret_of_a_provider_is_an_error() -> None:
    found = await Bench(Probe(needs=[SecretName("", "datadog")])).measurement(probed())
    assert (found.phase, found.message) == ("Error", 'secrets "datadog" not found')


async def test_a_providers_own_secret_is_masked() -> None:
    probe = Probe(lambda _: failing(f"key {TOKEN} refused"), needs=[SecretName("", "datadog")])
    found = await Bench(probe, Api({"datadog": {"api-key": TOKEN}})).measurement(probed())
    assert found.message == "key ***** refused"


def failing(text: str) -> Measuring:
    raise ProviderError(text)
    yield


async def test_what_goes_on_is_resumed_with_what_was_known() -> None:
    probe = Probe()
    going = {"phase": "Running", "startedAt": "2026-01-01T12:00:00Z", "metadata": {"job-name": "x"}}
    results = [{"name": "errors", "phase": "Running", "measurements": [going]}]
    manifest = metric(provider={"plugin": {"probe": {}}})
    run = run_of(manifest, status={"phase": "Running", "metricResults": results})
    ask = Measure("errors", 1, "resume")
    answer = await Bench(probe).measure(run, ask)
    assert isinstance(answer, Measured)
    assert probe.orders[0].measurement == run.status.metric_results[0].measurements[0]
    assert answer.measurement.started_at == run.status.metric_results[0].measurements[0].started_at
    assert answer.measurement.metadata == {"job-name": "x"}


async def test_a_name_may_hold_an_argument() -> None:
    args = [{"name": "service", "value": "cart"}]
    run = run_of(metric("{{args.service}}-errors", provider={"plugin": {"probe": {}}}), args=args)
    answer = await Bench(Probe()).measure(run, Measure("cart-errors", 1))
    assert isinstance(answer, Measured)
    assert answer.measurement.phase == "Successful"


async def test_later_is_no_bad_news() -> None:
    probe = Probe(lambda order: Later(order.now, {"job-name": "x"}))
    bench = Bench(probe)
    found = await bench.measurement(probed())
    assert (found.phase, found.finished_at, bench.told) == ("Running", None, [(KEY, False)])


async def test_what_old_measurements_have_left_is_collected() -> None:
    probe = Probe()
    bench, run = Bench(probe), probed()
    bench.measurer.start(KEY, run, Collect("errors", 3, 12))
    await probe.has_collected.wait()
    assert (probe.collected[0].keep, probe.collected[0].number) == (3, 12)
    assert not bench.told
