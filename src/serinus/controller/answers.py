"""What the outside has answered to questions, filed until it is old."""

import asyncio
import math
from collections.abc import Container
from datetime import timedelta

from serinus.kube import Key
from serinus.plan import Answer, Ask, Balanced, Listed, Read, Refused, StepReply

_LIMITS: dict[type[Answer], float] = {
    Refused: timedelta(seconds=19).total_seconds(),
    Balanced: timedelta(seconds=9).total_seconds(),
    Read: timedelta(hours=1).total_seconds(),
}
"""After how many seconds it is asked again: what refuses may change unseen (a policy, a quota), a load balancer follows
its Ingress sooner or later, and what is read in another way after an upgrade of the API must not stay for ever."""


class Answers:
    """Answers by the key, and the uid, of the object that asked."""

    def __init__(self) -> None:
        self._filed: dict[Key, dict[tuple[str, Ask], tuple[Answer, float]]] = {}

    def __len__(self) -> int:
        """About how many objects something is kept."""
        return len(self._filed)

    def file(self, key: Key, uid: str, ask: Ask, answer: Answer) -> None:
        """Keep an answer."""
        self._filed.setdefault(key, {})[uid, ask] = (answer, asyncio.get_running_loop().time())

    def about(self, key: Key, uid: str) -> dict[Ask, Answer]:
        """The answers that still count; a list counts once: acting on it makes it old."""
        now = asyncio.get_running_loop().time()
        counting: dict[Ask, Answer] = {}
        lasting: dict[tuple[str, Ask], tuple[Answer, float]] = {}
        for (whose, ask), (answer, since) in self._filed.pop(key, {}).items():
            if whose == uid and now - since < _LIMITS.get(type(answer), math.inf):
                counting[ask] = answer
                if not isinstance(answer, Listed):
                    lasting[whose, ask] = (answer, since)
        if lasting:
            self._filed[key] = lasting
        return counting

    def settle(self, key: Key, seen: Container[Ask]) -> None:
        """Let go of what plugins said, once it is written down: no plugin is asked twice because a write was refused.

        ``seen`` is what had been answered when the decision was made: an answer may have come since.
        """
        filed = self._filed.get(key, {})
        used = [asked for asked, (answer, _) in filed.items() if isinstance(answer, StepReply) and asked[1] in seen]
        for asked in used:
            del filed[asked]
        if not filed:
            self.forget(key)

    def forget(self, key: Key) -> None:
        """Drop what was answered about an object that is gone."""
        self._filed.pop(key, None)
