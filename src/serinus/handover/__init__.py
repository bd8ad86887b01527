"""Handover: a Deployment's place is taken by a Rollout, and given back.

The law of this room: pure. What is seen goes in, the next step comes out; the same
sight gives the same step, so a command that was interrupted goes on where it was.
No step leaves fewer ready pods than there were, and nothing goes while requests may
still come to it. What may not be done now is an error that says why, and what to do.
"""

from serinus.handover.adopt import Adoption, Wishes, adopted, check, next_adoption
from serinus.handover.eject import Ejection, borrows, next_ejection
from serinus.handover.step import Act, Done, HandoverError, Rest, Step, Wait

__all__ = [
    "Act",
    "Adoption",
    "Done",
    "Ejection",
    "HandoverError",
    "Rest",
    "Step",
    "Wait",
    "Wishes",
    "adopted",
    "borrows",
    "check",
    "next_adoption",
    "next_ejection",
]
