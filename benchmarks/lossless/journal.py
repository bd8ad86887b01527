"""What was done, when, and what failed: enough to trace a single request."""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from benchmarks.lossless.load import Failure
from benchmarks.lossless.world import World


class Journal:
    """Writes a line for everything; remembers the last thing done to each Rollout, and all failures."""

    def __init__(self, path: Path, world: World) -> None:
        self.failures: list[Failure] = []
        self._world = world
        self._file = path.open("wb")
        self._last: dict[str, tuple[float, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def did(self, name: str, text: str) -> None:
        """Note what was done to a Rollout."""
        self._last[name] = (time.time(), text)
        self._write({"at": time.time(), "rollout": name, "did": text, "status": self._world.describe(name)})

    def failed(self, failure: Failure) -> None:
        """Note a failure, with what was going on."""
        name = failure.host.partition(".")[0]
        at, text = self._last.get(name, (failure.sent, "nothing was done yet"))
        meanwhile = f"{failure.sent - at:+.2f} s from: {text} [{self._world.describe(name)}]"
        self.failures.append(msgspec.structs.replace(failure, meanwhile=meanwhile))
        self._write({"failure": self.failures[-1]})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()
