"""What a user asked of the API, read from the audit log (audit.k8s.io/v1, level Metadata or more)."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


class _User(msgspec.Struct):
    username: str = ""


class _Target(msgspec.Struct):
    resource: str = ""
    subresource: str = ""


class _Entry(msgspec.Struct, rename={"target": "objectRef"}):
    stage: str = ""
    verb: str = ""
    user: _User = msgspec.field(default_factory=_User)
    target: _Target | None = None


_entry = msgspec.json.Decoder(_Entry)

Call = tuple[str, str]
"""Verb and resource, with its subresource: ``("patch", "rollouts/status")``."""


class Calls:
    """Counted calls of one user."""

    def __init__(self, counts: Counter[Call]) -> None:
        self.counts = counts

    @property
    def writes(self) -> Counter[Call]:
        """The calls that change something, Events among them."""
        return Counter({call: count for call, count in self.counts.items() if call[0] in WRITES})

    @property
    def events(self) -> int:
        """The Events among the writes: they inform people and hold nothing up."""
        return sum(count for (_, resource), count in self.writes.items() if resource == "events")

    @property
    def finished(self) -> int:
        """All calls but watches, which go on."""
        return sum(count for (verb, _), count in self.counts.items() if verb != "watch")


class AuditLog:
    """The lines that are added to an audit log from now on.

    Leases are left out: an election goes on whatever the Rollouts do.
    """

    def __init__(self, path: Path, user: str) -> None:
        self._user = user
        self._file = path.open("rb")
        self._file.seek(0, os.SEEK_END)
        self._rest = b""
        self._counts: Counter[Call] = Counter()

    def restart(self) -> None:
        """Begin to count anew."""
        self.read()
        self._counts.clear()

    def read(self) -> Calls:
        """Everything since the last start."""
        lines = (self._rest + self._file.read()).split(b"\n")
        self._rest = lines.pop()
        self._counts.update(call for line in lines for call in self._call(line))
        return Calls(Counter(self._counts))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _call(self, line: bytes) -> Iterator[Call]:
        try:
            entry = _entry.decode(line)
        except msgspec.DecodeError:
            return  # another program's line, or one cut short by a full disk
        target = entry.target
        is_once = entry.stage == "ResponseComplete" or (entry.stage == "ResponseStarted" and entry.verb == "watch")
        if target is None or not is_once or entry.user.username != self._user or target.resource == "leases":
            return
        yield entry.verb, f"{target.resource}/{target.subresource}" if target.subresource else target.resource
