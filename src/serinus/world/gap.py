"""What is not yet as it should be."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from serinus.world.delays import Span


class Gap(Struct, frozen=True):
    """Something that will happen.

    It happens at ``at``, or within ``span`` seconds after it was first seen, unless its reason goes away before.
    """

    key: tuple[str, ...]
    close: Callable[[datetime], object]
    span: Span = (0.0, 0.0)
    at: datetime | None = None
