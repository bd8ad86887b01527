"""The article's other column: the Service's selector is switched, all at once, when a person says so."""

from collections.abc import Mapping

from msgspec.structs import replace

from serinus.demo.scenario import Door, Moment, Scenario, Wanted
from serinus.demo.scenarios.column import (
    FIRST,
    IMAGES,
    REPLICAS,
    ROLLOUT,
    SCALE_DOWN_DELAY,
    SECOND,
    THIRD,
    set_image,
    tag,
)
from serinus.demo.scenarios.nginx import CLASS

MANIFEST = "blue-green.yaml"
ACTIVE, PREVIEW = "myapp-active-svc", "myapp-preview-svc"
INGRESSES = {"myapp-ingress": CLASS, "myapp-preview-ingress": CLASS}
DOOR = Door(gateway="nginx", host="myapp.example.com", preview="preview.myapp.example.com")
SIDES = USERS, TESTERS = "users", "testers"
ENOUGH = 300
"""Requests of a share: all or nothing is told by few, as a single one that goes astray is an offence."""


def blue_green(pause: float) -> Scenario:
    """Tell the story; versions keep their pods for so many seconds after the switch, at most as long as by default."""
    delay = min(pause, SCALE_DOWN_DELAY)
    return Scenario(
        name="blue-green",
        title="Blue-green: one switch",
        manifest=MANIFEST,
        rollout=ROLLOUT,
        door=DOOR,
        images=IMAGES,
        scale_down=delay,
        moments=(
            _before(),
            _preview(SECOND, FIRST),
            _switch("promotion", "promote", SECOND, FIRST),
            _switch("rollback in the delay", "undo", FIRST, SECOND),
            _preview(THIRD, FIRST),
            _gone(delay),
            _abort(),
        ),
    )


def _before() -> Moment:
    return Moment(
        title="before",
        command=("apply", "-f", MANIFEST),
        awaited=f"{FIRST} is served",
        reached=lambda sight: sight.is_healthy_on(FIRST),
        wanted=replace(
            _wanted(0, SECOND, FIRST, {FIRST: REPLICAS}), second=0, services={ACTIVE: FIRST, PREVIEW: FIRST}
        ),
    )


def _preview(new: str, stable: str) -> Moment:
    """Testers see the version that comes, and users do not, until a person says so."""
    return Moment(
        title=f"preview of {tag(new)}",
        command=set_image(new),
        awaited=f"all pods of {new} are there and the Rollout pauses",
        reached=lambda sight: sight.is_paused_on(new),
        wanted=_wanted(0, new, stable, {stable: REPLICAS, new: REPLICAS}),
    )


def _switch(title: str, command: str, new: str, old: str) -> Moment:
    """All users see another version, which has all its pods; the version before keeps its own for the delay."""
    return Moment(
        title=title,
        command=("argo", "rollouts", command, ROLLOUT),
        awaited=f"all traffic goes to {new}",
        reached=lambda sight: sight.is_healthy_on(new),
        wanted=_wanted(100, new, old, {old: REPLICAS, new: REPLICAS}),
    )


def _gone(delay: float) -> Moment:
    """The end of the version that was taken back, while the next one is looked at."""
    return Moment(
        title=f"{tag(SECOND)} scaled to 0",
        awaited=f"the pods of {SECOND} have ended, {delay:.0f} s after the rollback",
        delay=delay,
        reached=lambda sight: sight.is_paused_on(THIRD) and sight.is_gone(SECOND),
        wanted=_wanted(0, THIRD, FIRST, {FIRST: REPLICAS, SECOND: 0, THIRD: REPLICAS}),
    )


def _abort() -> Moment:
    """Users never saw the version that is given up; testers do, for the delay."""
    return Moment(
        title="abort",
        command=("argo", "rollouts", "abort", ROLLOUT),
        awaited=f"{THIRD} is given up",
        reached=lambda sight: sight.is_aborted_on(FIRST),
        wanted=_wanted(0, THIRD, FIRST, {FIRST: REPLICAS, SECOND: 0, THIRD: REPLICAS}),
    )


def _wanted(weight: int, new: str, stable: str, pods: Mapping[str, int]) -> Wanted:
    """The preview always leads to the newest version, and users to one version as a whole."""
    return Wanted(
        weight=weight,
        second=100,
        sides=SIDES,
        requests=ENOUGH,
        new=new,
        stable=stable,
        ingresses=INGRESSES,
        services={ACTIVE: new if weight else stable, PREVIEW: new},
        pods=pods,
    )
