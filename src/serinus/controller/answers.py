"""What the outside has answered to questions, filed until it is old."""

import asyncio
import math
from datetime import timedelta

from serinus.plan import Answer, Ask, Balanced, Listed, Refused, StepReply

_REFUSAL_SECONDS = timedelta(seconds=19).total_seconds()
"""A refusal is asked about again after this time, as what refuses may change unseen (a policy, a quota)."""

_BALANCED_SECONDS = timedelta(seconds=9).total_seconds()
"""What AWS said of a load balancer is old after this time: it follows its Ingress sooner or later."""


class Answers:
    """Answers by the uid of the object that asked."""

    def __init__(self) -> None:
        self._filed: dict[str, dict[Ask, tuple[Answer, float]]] = {}

    def file(self, uid: str, ask: Ask, answer: Answer) -> None:
        """Keep an answer."""
        self._filed.setdefault(uid, {})[ask] = (answer, asyncio.get_running_loop().time())

    def about(self, uid: str) -> dict[Ask, Answer]:
        """The answers that still count; a list, or what a plugin says, counts once: acting on it makes it old."""
        now = asyncio.get_running_loop().time()
        filed = self._filed.get(uid, {})
        counting = {ask: answer for ask, (answer, since) in filed.items() if _counts(answer, now - since)}
        for ask, answer in counting.items():
            if isinstance(answer, Listed | StepReply):
                del filed[ask]
        return counting

    def forget(self, uid: str) -> None:
        """Drop what was answered to an object that is gone."""
        self._filed.pop(uid, None)


def _counts(answer: Answer, age: float) -> bool:
    limits = {Refused: _REFUSAL_SECONDS, Balanced: _BALANCED_SECONDS}
    return age < limits.get(type(answer), math.inf)
