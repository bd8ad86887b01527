"""The nginx column: an Ingress that is there only while a canary gets a part."""

from msgspec.structs import replace

from serinus.demo.scenario import Door, Scenario, Wanted
from serinus.demo.scenarios.column import Column, Story
from serinus.demo.sight import Sight

INGRESS = "myapp-ingress"
CANARY_INGRESS = "myapp-ingress-myapp-canary-svc"
CLASS = {"kubernetes.io/ingress.class": "nginx"}
ANNOTATION = "nginx.ingress.kubernetes.io"
DOOR = Door(gateway="nginx", host="myapp.example.com")


def nginx(pause: float) -> Scenario:
    """Tell the story, with timed pauses of so many seconds."""
    column = Column(
        name="nginx",
        title="A canary through nginx",
        door=DOOR,
        complete=complete,
        is_settled=_is_settled,
        promoted="the canary Ingress is deleted",
        aborted="the canary Ingress is deleted",
    )
    return Story(column, pause).tell()


def complete(wanted: Wanted) -> Wanted:
    """Add the Ingresses that a weight needs."""
    if wanted.weight in {0, 100}:
        return replace(wanted, ingresses={INGRESS: CLASS})
    canary = CLASS | {f"{ANNOTATION}/canary": "true", f"{ANNOTATION}/canary-weight": str(wanted.weight)}
    return replace(wanted, ingresses={INGRESS: CLASS, CANARY_INGRESS: canary})


def _is_settled(sight: Sight, weight: int) -> bool:
    """A canary Ingress comes before the pause that follows a weight; only its end may come late."""
    return weight not in {0, 100} or CANARY_INGRESS not in sight.ingresses
