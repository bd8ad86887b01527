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
    candidates = random.sample(range(LOWEST, _first_outgoing()), TRIES + count)
    ports: list[int] = []
    while len(ports) < count:
        if not candidates:
            raise LocalError(f"found no {count} free ports on 127.0.0.1; is the loopback interface up?")
        port = candidates.pop()
        if _is_free(port):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise LocalError(f"cannot use 127.0.0.1: {error.strerror}") from error
    return True


def _first_outgoing() -> int:
    try:
        first = int(RANGE_FILE.read_text().split()[0])
    except (OSError, ValueError):
        first = 32768
    return first if first > LOWEST + 4 * TRIES else 65536
