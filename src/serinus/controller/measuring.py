"""Measurements, taken in the background: no worker ever waits for one."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from serinus.analysis.arguments import ArgumentError, resolved, substituted, values_of
from serinus.analysis.judge import failed_to_measure, measured, rules_of
from serinus.analysis.masking import Mask
from serinus.analysis.phases import BAD
from serinus.analysis.report import stamp
from serinus.analysis.schedule import pending
from serinus.api.analysis import AnalysisRun, Measurement, Metric
from serinus.controller.driving import Driver
from serinus.controller.secret import MissingError, Secrets
from serinus.kube import Key
from serinus.plan import Collect, Measure, Measured, Refused, SeenRun
from serinus.providers.choice import chosen
from serinus.providers.provider import AtOnce, Measuring, Order, Provider, ProviderError
from serinus.providers.settings import ProviderSettings

log = logging.getLogger(__name__)

_LONGEST_SECONDS = 600.0
"""No measurement takes longer, whatever its provider does."""

OnAnswer = Callable[[Key, bool], None]
"""Told that a run has an answer, and whether it is bad news."""


class Sources(Struct, frozen=True):
    """What measurements are taken with."""

    providers: Mapping[str, Provider]
    driver: Driver
    secrets: Secrets
    settings: ProviderSettings = ProviderSettings()


@dataclass
class _Desk:
    """What is going on for one run."""

    uid: str
    tasks: dict[Measure | Collect, asyncio.Task[None]] = field(default_factory=dict)
    answers: dict[Measure, Measured | Refused] = field(default_factory=dict)


class Measurer:
    """Takes the measurements that runs ask for, and keeps the answers until they are written down."""

    def __init__(self, sources: Sources, on_answer: OnAnswer) -> None:
        self._sources = sources
        self._on_answer = on_answer
        self._desks: dict[Key, _Desk] = {}

    def seen(self, key: Key, run: AnalysisRun) -> SeenRun:
        """A run with what has been measured for it, and what is being measured."""
        desk = self._desks.get(key)
        if desk is None:
            return SeenRun(run)
        if desk.uid != run.metadata.uid:
            self.forget(key)
            return SeenRun(run)
        measuring = frozenset(ask for ask in desk.tasks if isinstance(ask, Measure))
        return SeenRun(run, dict(desk.answers), measuring)

    def start(self, key: Key, run: AnalysisRun, ask: Measure | Collect) -> None:
        """Begin with what a plan asks for, unless that is under way."""
        desk = self._desks.setdefault(key, _Desk(run.metadata.uid))
        if ask not in desk.tasks:
            work = self._measure(key, run, ask) if isinstance(ask, Measure) else self._collect(key, run, ask)
            desk.tasks[ask] = asyncio.create_task(work)

    def settle(self, key: Key, seen: SeenRun) -> None:
        """Let go of answers: the plan that was made of them has been carried out."""
        desk = self._desks.get(key)
        if desk is not None and desk.uid == seen.run.metadata.uid:
            for ask in seen.answers:
                desk.answers.pop(ask, None)
            self._clear(key)

    def forget(self, key: Key) -> None:
        """Stop everything for a run that is gone."""
        desk = self._desks.pop(key, None)
        for task in desk.tasks.values() if desk else ():
            task.cancel()

    async def aclose(self) -> None:
        """Stop everything."""
        tasks = [task for desk in self._desks.values() for task in desk.tasks.values()]
        for key in tuple(self._desks):
            self.forget(key)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _clear(self, key: Key) -> None:
        desk = self._desks.get(key)
        if desk is not None and not desk.tasks and not desk.answers:
            del self._desks[key]

    async def _measure(self, key: Key, run: AnalysisRun, ask: Measure) -> None:
        desk = self._desks[key]
        try:
            answer = await self._answer(run, ask)
        except Exception as error:  # its text may hold secrets
            log.error("%s: metric %s: this is a bug: %s", key, ask.metric, type(error).__name__)
            gone = Measurement(phase="", started_at=_now())
            answer = Measured(failed_to_measure(gone, f"internal error: {type(error).__name__}", _now()))
        del desk.tasks[ask]
        desk.answers[ask] = answer
        is_bad = isinstance(answer, Refused) or answer.measurement.phase in BAD
        _tell(key, ask, answer)
        self._on_answer(key, is_bad)

    async def _answer(self, run: AnalysisRun, ask: Measure) -> Measured | Refused:
        metric = _metric(run, ask.metric)
        going = pending(run.status.result(ask.metric)) if ask.action != "run" else None
        measurement = going or Measurement(phase="", started_at=_now())
        try:
            return await self._measured(run, metric, ask, measurement)
        except (MissingError, ArgumentError) as error:
            return Refused(str(error))
        except ProviderError as error:
            return Measured(failed_to_measure(measurement, str(error), _now()), rules_of(metric))

    async def _measured(self, run: AnalysisRun, metric: Metric, ask: Measure, measurement: Measurement) -> Measured:
        """Take a measurement. Raises MissingError, ArgumentError, and ProviderError before any secret is known."""
        sources = self._sources
        values = await sources.secrets.arguments(run)
        metric = resolved(metric, values_of(run.spec.args, values))
        order = Order(
            metric=metric,
            run=run,
            number=ask.number,
            now=_now(),
            measurement=measurement if ask.action != "run" else None,
            settings=sources.settings,
        )
        sitting = _Sitting(sources, ask, order, measurement, Mask(values.values()))
        return await sitting.taken()

    async def _collect(self, key: Key, run: AnalysisRun, ask: Collect) -> None:
        """Clear away what old measurements have left; that it fails harms nobody."""
        desk = self._desks[key]
        try:
            metric = _metric(run, ask.metric)
            provider = chosen(metric.provider, self._sources.providers)
            if _leaves_nothing(provider):
                return
            values = await self._sources.secrets.arguments(run)
            metric = resolved(metric, values_of(run.spec.args, values))
            settings = self._sources.settings
            order = Order(metric=metric, run=run, number=ask.number, now=_now(), settings=settings, keep=ask.keep)
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._sources.driver.driven(provider.collect(order))
        except (ProviderError, MissingError, ArgumentError, TimeoutError) as error:
            log.info(
                "%s: what old measurements of %s have left stays for now: %s", key, ask.metric, type(error).__name__
            )
        finally:
            del desk.tasks[ask]
            self._clear(key)


class _Sitting(Struct, frozen=True):
    """One measurement, from the choice of its provider to the verdict."""

    sources: Sources
    ask: Measure
    order: Order
    measurement: Measurement
    mask: Mask

    async def taken(self) -> Measured:
        """The measurement, without secrets, whatever happens."""
        metric, about = self.order.metric, rules_of(self.order.metric)
        order, mask = self.order, self.mask
        try:
            provider = chosen(metric.provider, self.sources.providers)
            order, mask = await self._with_secrets(provider)
            about = {**provider.metadata(order), **about}
            async with asyncio.timeout(_LONGEST_SECONDS):
                outcome = await self.sources.driver.driven(_generator(provider, order, self.ask))
            measurement = measured(metric, outcome, self.measurement, _now())
        except (ProviderError, MissingError) as error:
            measurement = failed_to_measure(self.measurement, str(error), _now())
        except TimeoutError:
            text = f"the measurement took longer than {_LONGEST_SECONDS:g} s"
            measurement = failed_to_measure(self.measurement, text, _now())
        except Exception as error:  # of whoever wrote the provider; its text may hold secrets
            text = f"the metric provider failed: {type(error).__name__}"
            measurement = failed_to_measure(self.measurement, text, _now())
        return Measured(mask.measurement(measurement), mask.texts(about))

    async def _with_secrets(self, provider: Provider) -> tuple[Order, Mask]:
        found = await self.sources.secrets.of(provider, self.order)
        if not found:
            return self.order, self.mask
        values = [value for secret in found.values() for value in secret.values()]
        return replace(self.order, secrets=found), self.mask.also(values)


def _leaves_nothing(provider: Provider) -> bool:
    """Whether there is never anything to collect, so that not even Secrets need be read for it."""
    collect: object = type(provider).collect
    return collect is AtOnce.collect


def _metric(run: AnalysisRun, name: str) -> Metric:
    """The metric of a name, in which arguments may stand; the others of its texts are as they were written."""
    values = values_of(run.spec.args)
    return next(metric for metric in run.spec.metrics if substituted(metric.name, values) == name)


def _generator(provider: Provider, order: Order, ask: Measure) -> Measuring:
    match ask.action:
        case "run":
            return provider.run(order)
        case "resume":
            return provider.resume(order)
        case "terminate":
            return provider.terminate(order)


def _tell(key: Key, ask: Measure, answer: Measured | Refused) -> None:
    if isinstance(answer, Refused):
        log.info("%s: metric %s cannot be measured: %s", key, ask.metric, answer.message)
        return
    found = answer.measurement
    level = logging.INFO if found.phase in BAD else logging.DEBUG
    log.log(level, "%s: metric %s measured: %s %s", key, ask.metric, found.phase, found.message or found.value)


def _now() -> datetime:
    return stamp(datetime.now(UTC))
