"""The nginx column of the article's table, row by row."""

from collections.abc import Mapping
from math import ceil

from serinus.demo.scenario import Moment, Scenario, Wanted

ROLLOUT = "myapp-rollout"
INGRESS = "myapp-ingress"
CANARY_INGRESS = "myapp-ingress-myapp-canary-svc"
CLASS = {"kubernetes.io/ingress.class": "nginx"}
ANNOTATION = "nginx.ingress.kubernetes.io"

FIRST, SECOND, THIRD = IMAGES = ("nginx:1.21.0", "nginx:1.22.0", "nginx:1.23.0")
REPLICAS = 3
SCALE_DOWN_DELAY = 30.0
"""Seconds that a version keeps its pods after it lost its traffic, where the manifest does not say."""


def nginx(pause: float) -> Scenario:
    """Tell the story, with timed pauses of so many seconds."""
    return Scenario(
        name="nginx",
        title="A canary through nginx",
        manifest="nginx.yaml",
        rollout=ROLLOUT,
        host="myapp.example.com",
        images=IMAGES,
        moments=(_before(), *_update(pause), _promotion(), *_next_update(pause), _abort(), *_scale_downs()),
    )


def _before() -> Moment:
    return Moment(
        title="before",
        command=("apply", "-f", "nginx.yaml"),
        awaited=f"{FIRST} is served",
        reached=lambda sight: sight.is_healthy_on(FIRST),
        wanted=_alone(FIRST, SECOND, {FIRST: REPLICAS}),
    )


def _update(pause: float) -> tuple[Moment, ...]:
    """The first update, up to the pause that waits for a person."""
    versions = (FIRST, SECOND)
    return (
        _weight(10, 1, versions, command=_set_image(SECOND)),
        _weight(30, 3, versions, delay=pause),
        _weight(60, 5, versions, delay=pause),
    )


def _promotion() -> Moment:
    return Moment(
        title="full promotion",
        command=("argo", "rollouts", "promote", ROLLOUT),
        awaited=f"{SECOND} is stable and the canary Ingress is deleted",
        reached=lambda sight: sight.is_healthy_on(SECOND) and CANARY_INGRESS not in sight.ingresses,
        wanted=Wanted(
            weight=100,
            new=SECOND,
            stable=FIRST,
            ingresses={INGRESS: CLASS},
            services=_services(SECOND, SECOND),
            pods={SECOND: REPLICAS},
        ),
    )


def _next_update(pause: float) -> tuple[Moment, ...]:
    """The update that is given up at 30 %; meanwhile the first version's pods may end at any time."""
    versions = (SECOND, THIRD)
    return (_weight(10, 1, versions, command=_set_image(THIRD)), _weight(30, 3, versions, delay=pause))


def _abort() -> Moment:
    return Moment(
        title="abort at 30 %",
        command=("argo", "rollouts", "abort", ROLLOUT),
        awaited=f"all traffic is back on {SECOND} and the canary Ingress is deleted",
        reached=lambda sight: sight.is_aborted_on(SECOND) and CANARY_INGRESS not in sight.ingresses,
        wanted=_alone(SECOND, THIRD, {SECOND: REPLICAS}),
    )


def _scale_downs() -> tuple[Moment, ...]:
    """The ends of the versions without traffic: the old one, and the one that was given up."""
    return (
        Moment(
            title=f"{_tag(FIRST)} scaled to 0",
            awaited=f"the pods of {FIRST} have ended, {SCALE_DOWN_DELAY:.0f} s after the promotion",
            delay=SCALE_DOWN_DELAY,
            reached=lambda sight: sight.is_aborted_on(SECOND) and sight.is_gone(FIRST),
            wanted=_alone(SECOND, THIRD, {FIRST: 0, SECOND: REPLICAS}),
        ),
        Moment(
            title=f"{_tag(THIRD)} scaled to 0",
            awaited=f"the pods of {THIRD} have ended, {SCALE_DOWN_DELAY:.0f} s after the abort",
            delay=SCALE_DOWN_DELAY,
            reached=lambda sight: sight.is_aborted_on(SECOND) and sight.is_gone(THIRD),
            wanted=_alone(SECOND, THIRD, {FIRST: 0, SECOND: REPLICAS, THIRD: 0}),
        ),
    )


def _weight(
    weight: int, step: int, versions: tuple[str, str], *, command: tuple[str, ...] = (), delay: float = 0.0
) -> Moment:
    """The pause that is the step behind a setWeight; both versions serve."""
    stable, new = versions
    annotations = CLASS | {f"{ANNOTATION}/canary": "true", f"{ANNOTATION}/canary-weight": str(weight)}
    return Moment(
        title=f"setWeight {weight}" + (f", {_tag(new)}" if new == THIRD else ""),
        command=command,
        delay=delay,
        awaited=f"{new} gets {weight} % and the Rollout pauses",
        reached=lambda sight: sight.is_paused_at(step) and sight.image_of(sight.updated) == new,
        wanted=Wanted(
            weight=weight,
            new=new,
            stable=stable,
            ingresses={INGRESS: CLASS, CANARY_INGRESS: annotations},
            services=_services(stable, new),
            pods={stable: REPLICAS, new: ceil(REPLICAS * weight / 100)},
        ),
    )


def _alone(stable: str, new: str, pods: Mapping[str, int]) -> Wanted:
    """Everything goes to the stable version, and nothing of a canary is there."""
    return Wanted(
        weight=0, new=new, stable=stable, ingresses={INGRESS: CLASS}, services=_services(stable, stable), pods=pods
    )


def _services(stable: str, canary: str) -> dict[str, str]:
    return {"myapp-stable-svc": stable, "myapp-canary-svc": canary}


def _set_image(image: str) -> tuple[str, ...]:
    return ("argo", "rollouts", "set", "image", ROLLOUT, f"nginx={image}")


def _tag(image: str) -> str:
    return image.partition(":")[2]
