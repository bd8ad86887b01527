"""What the cluster should be, whatever it is now."""

from datetime import datetime

from msgspec import Struct

from serinus.api.meta import PodTemplateMeta
from serinus.plan import Ask
from serinus.rollout.progress import Progress
from serinus.rollout.traffic import Split


class Aim(Struct, frozen=True):
    """How one ReplicaSet should be.

    ``deadline`` is the end of its scale-down delay; None where none runs.
    """

    replicas: int
    deadline: datetime | None = None
    is_held: bool = False
    """Whether it should be smaller, and waits for routers."""


class Confirmation(Struct, frozen=True):
    """What routers say of the decided weights."""

    doubts: tuple[str, ...] = ()
    """By router that says they are not in effect: a reason to wait."""
    is_told: bool = False
    """Whether every router says that they are."""
    asks: tuple[Ask, ...] = ()
    """What must be asked outside to know it, and is not answered yet."""
    is_asked: bool = False
    """Whether anything is asked: answers grow old, and doubts are asked about again."""
    refused: tuple[str, ...] = ()
    """Why it could not be asked."""


class Goal(Struct, frozen=True):
    """What the cluster should be."""

    progress: Progress
    revision: int
    sizes: dict[str, Aim]
    """By name of the ReplicaSet; one that is not named is deleted."""
    services: dict[str, str]
    """Service → pod-template hash."""
    traffic: Split | None = None
    """None without a traffic router."""
    parts: dict[str, PodTemplateMeta] = {}
    """Ephemeral metadata by pod-template hash; a version that is not named has none."""
    confirmation: Confirmation = Confirmation()
    restarted_at: datetime | None = None
    """Which restart is done: pods that are older are gone."""
    why: tuple[str, ...] = ()
    wake: datetime | None = None
