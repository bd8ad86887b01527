"""The article's analysis: a good version is promoted, a bad one is rolled back, and nobody touches either."""

from collections.abc import Mapping

from msgspec.structs import replace

from serinus.demo.article import PAUSE
from serinus.demo.scenario import Judgement, Moment, Scenario, Wanted
from serinus.demo.scenarios import nginx as router
from serinus.demo.scenarios.column import (
    FIRST,
    IMAGES,
    REPLICAS,
    ROLLOUT,
    SCALE_DOWN_DELAY,
    SECOND,
    THIRD,
    services,
    set_image,
    tag,
)

MANIFEST = "analysis.yaml"
ERRORS = "20%"
GOOD, BAD = 1.0, 0.8
"""The part of requests that the second and the third version answer well."""
WINDOW = 300.0
"""Seconds on which the article's query looks back."""
MEASURING = 120.0
"""Seconds from the first of three measurements to the last, in the article; errors come on top."""
ENOUGH = 500
"""Requests of a share that lasts no longer than the analysis does."""


def analysis(pause: float) -> Scenario:
    """Tell the story, with all times shortened as much as timed pauses of so many seconds are."""
    return Scenario(
        name="analysis",
        title="A canary that is judged by Prometheus",
        manifest=MANIFEST,
        rollout=ROLLOUT,
        door=router.DOOR,
        images=IMAGES,
        faulty={THIRD: ERRORS},
        measured=True,
        moments=(_before(), *_good(pause / PAUSE), *_bad(pause / PAUSE)),
    )


def _before() -> Moment:
    return Moment(
        title="before",
        command=("apply", "-f", MANIFEST),
        awaited=f"{FIRST} is served",
        reached=lambda sight: sight.is_healthy_on(FIRST),
        wanted=_wanted(0, FIRST, SECOND, {FIRST: REPLICAS}),
    )


def _good(factor: float) -> tuple[Moment, ...]:
    """The version that is promoted."""
    passed = Judgement("Successful", GOOD)
    promoted = replace(_wanted(100, FIRST, SECOND, {SECOND: REPLICAS}), services=services(SECOND, SECOND))
    return (
        _judged(SECOND, FIRST, GOOD),
        Moment(
            title="setWeight 50",
            awaited=f"{SECOND} is found good and gets 50 %",
            delay=2 * MEASURING * factor,
            reached=lambda sight: sight.is_paused_at(3),
            wanted=_wanted(50, FIRST, SECOND, {FIRST: REPLICAS, SECOND: 2}, passed),
        ),
        Moment(
            title="full promotion",
            awaited=f"{SECOND} is stable and the canary Ingress is deleted",
            delay=PAUSE * factor,
            reached=lambda sight: sight.is_healthy_on(SECOND) and router.CANARY_INGRESS not in sight.ingresses,
            wanted=promoted,
        ),
        Moment(
            title=f"{tag(FIRST)} scaled to 0",
            awaited=f"the pods of {FIRST} have ended, {SCALE_DOWN_DELAY:.0f} s after the promotion",
            delay=SCALE_DOWN_DELAY,
            reached=lambda sight: sight.is_healthy_on(SECOND) and sight.is_gone(FIRST),
            wanted=replace(promoted, pods={FIRST: 0, SECOND: REPLICAS}),
        ),
    )


def _bad(factor: float) -> tuple[Moment, ...]:
    """The version that is given up; what was measured of the good one must be forgotten before."""
    failed = Judgement("Failed", BAD)
    return (
        replace(_judged(THIRD, SECOND, BAD), rest=max(0.0, WINDOW * factor - SCALE_DOWN_DELAY)),
        Moment(
            title="rolled back",
            awaited=f"{THIRD} is found bad, and all traffic is back on {SECOND}",
            delay=2 * MEASURING * factor,
            reached=lambda sight: sight.is_aborted_on(SECOND) and router.CANARY_INGRESS not in sight.ingresses,
            wanted=_wanted(0, SECOND, THIRD, {SECOND: REPLICAS}, failed),
        ),
        Moment(
            title=f"{tag(THIRD)} scaled to 0",
            awaited=f"the pods of {THIRD} have ended, {SCALE_DOWN_DELAY:.0f} s after the rollback",
            delay=SCALE_DOWN_DELAY,
            reached=lambda sight: sight.is_aborted_on(SECOND) and sight.is_gone(THIRD),
            wanted=_wanted(0, SECOND, THIRD, {SECOND: REPLICAS, THIRD: 0}),
        ),
    )


def _judged(new: str, stable: str, ratio: float) -> Moment:
    """The time in which a version gets 20 % and is measured."""
    wanted = _wanted(20, stable, new, {stable: REPLICAS, new: 1}, Judgement("Running", ratio))
    return Moment(
        title=f"setWeight 20, {tag(new)}",
        command=set_image(new),
        awaited=f"{new} gets 20 % and its analysis runs",
        reached=lambda sight: sight.image_of(sight.updated) == new and sight.is_analyzed_at(1),
        wanted=replace(wanted, requests=ENOUGH),
    )


def _wanted(weight: int, stable: str, new: str, pods: Mapping[str, int], judgement: Judgement | None = None) -> Wanted:
    canary = new if weight else stable
    wanted = Wanted(weight=weight, new=new, stable=stable, services=services(stable, canary), pods=pods)
    return router.complete(replace(wanted, analysis=judgement))
