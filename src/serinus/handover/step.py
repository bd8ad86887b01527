"""The words in which a handover says what comes next."""

from msgspec import Struct

from serinus.plan import Write


class HandoverError(Exception):
    """Why it cannot be done now, and what to do about it, in words for the user."""


class Act(Struct, frozen=True):
    """Write something, in this order, then look again."""

    text: str
    writes: tuple[Write, ...]


class Wait(Struct, frozen=True):
    """Wait for others.

    ``on_controller`` says that nothing but the controller's answer is missing, which takes a moment where it runs.
    """

    text: str
    on_controller: bool = False


class Rest(Struct, frozen=True):
    """Let what was done last take effect everywhere (the drain time), and then write."""

    text: str
    then: Act


class Done(Struct, frozen=True):
    """All is done."""

    text: str


Step = Act | Wait | Rest | Done
