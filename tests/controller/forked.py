"""What a process does that is to be a controller; it imports little, since each of them reads it anew."""

import os
import signal
import sys

from serinus.cli.main import run


def serve(args: list[str], log: str, packages: list[str]) -> None:
    """Be the controller: with an environment and a log of its own, as if a shell had started it."""
    os.environ.clear()
    os.environ["PATH"] = "/usr/bin:/bin"
    signal.signal(signal.SIGINT, signal.default_int_handler)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(target, stream.fileno())
    sys.path[:0] = packages
    sys.exit(run("serinus", args))
