"""What a cluster tells other processes: one JSON file while it is up."""

import json
import re
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from serinus.local.errors import LocalError
from serinus.local.folders import state_folder, write_private

FILE = "state.json"
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class State:
    """A cluster that is up, or on its way; no secret is in it."""

    name: str
    pid: int
    """The process that runs `serinus up`."""
    started: str
    """When that process began, as the system counts; tells it from a later one with the same pid."""
    ready: bool = False
    """Whether everything answers; what follows is empty until then."""
    server: str = ""
    kubeconfig: str = ""
    context: str = ""
    controller_context: str = ""
    ca: str = ""
    audit_log: str | None = None
    gateways: dict[str, str] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    """Names inside the cluster that the controller finds here, both as host:port."""
    pages: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether the process that wrote this still runs."""
        return start_of(self.pid) == self.started

    def write(self, folder: Path) -> None:
        """Write it into a cluster's folder."""
        write_private(folder / FILE, json.dumps(asdict(self), indent=2) + "\n")


def read(folder: Path) -> State | None:
    """Read a cluster's file; None where there is none.

    Raises LocalError when the file is broken.
    """
    path = folder / FILE
    try:
        return State(**_known(json.loads(path.read_text())))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LocalError(f"cannot read {path}: {error}; if the cluster is gone, remove {folder}") from error


def read_if_sound(folder: Path) -> State | None:
    """Read a cluster's file; None where there is none, or a broken one."""
    try:
        return read(folder)
    except LocalError:
        return None


def _known(found: Any) -> dict[str, Any]:
    """Check the types of what matters before anything is killed by it."""
    if not isinstance(found, dict):
        raise TypeError("it holds no object")
    if not isinstance(found.get("pid"), int) or not isinstance(found.get("started"), str):
        raise TypeError("it names no process")
    return found


def folder_of(name: str, root: Path | None = None) -> Path:
    """The folder of a cluster; LocalError for a name that cannot be one."""
    if not NAME.fullmatch(name):
        raise LocalError(f"{name!r} is no name for a cluster: small letters, digits and dashes inside, at most 40")
    return (root or state_folder()) / name


def known_names(root: Path | None = None) -> list[str]:
    """The names of all clusters that have a folder, up or not."""
    folder = root or state_folder()
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and NAME.fullmatch(path.name))


def remove(folder: Path) -> None:
    """Remove a cluster's folder with all its data."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise LocalError(f"cannot remove {folder}: {error.strerror}") from error


def start_of(pid: int) -> str:
    """When a process began, unique on this computer; "" where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else f"{boot}/{fields[19]}"
