"""Free ports on loopback for programs that cannot choose one themselves."""

import errno
import random
import socket
from pathlib import Path

from serinus.local.errors import LocalError

LOWEST = 10240
RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
TRIES = 200


def free_ports(count: int) -> list[int]:
    """Find ports of 127.0.0.1 on which nobody listens, all different.

    They lie below the range from which the system takes ports for outgoing
    connections: nobody gets one by chance before the program listens on it.
    """
    candidates = random.sample(range(LOWEST, first_outgoing(LOWEST + 4 * TRIES)), TRIES + count)
    ports: list[int] = []
    while len(ports) < count:
        if not candidates:
            raise LocalError(f"found no {count} free ports on 127.0.0.1; is the loopback interface up?")
        port = candidates.pop()
        if is_free(port):
            ports.append(port)
    return ports


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of 127.0.0.1; raises LocalError where that cannot be tried."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise LocalError(f"cannot use 127.0.0.1: {error.strerror}") from error
    return True


def first_outgoing(needed: int) -> int:
    """The first port for outgoing connections; the end of all ports where it does not lie above the one needed."""
    try:
        first = int(RANGE_FILE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32768
    return first if first > needed else 65536
