"""What is measured: a controller, and the cluster that it serves."""

from dataclasses import dataclass
from pathlib import Path

from serinus.kube import Connection


@dataclass(frozen=True)
class Subject:
    """A running controller and how to look at it from outside."""

    connection: Connection
    """With the rights of an administrator: the benchmark is the user."""
    user: str
    """The name under which the controller calls the API."""
    pid: int
    audit_log: Path
    is_disposable: bool = False
    """Whether the cluster goes with the measurement, so that nothing in it need be tidied up."""
