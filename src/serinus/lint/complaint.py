"""What is said of an object that can be read, and of which of its values."""

from msgspec import Struct

from serinus.lint.path import parsed
from serinus.lint.source import Path


class Complaint(Struct, frozen=True):
    """One thing that is wrong with what an object means."""

    path: Path
    message: str


def spoken(message: str) -> Complaint:
    """A complaint that begins with the path of its field, as the controller words them."""
    return Complaint(parsed(message), message)
