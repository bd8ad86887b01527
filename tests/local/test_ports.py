"""Free ports are free, and stay so."""

import socket

import pytest

from serinus.local import ports
from serinus.local.errors import LocalError


def test_they_are_different_and_below_those_of_outgoing_connections() -> None:
    found = ports.free_ports(50)
    assert len(set(found)) == 50
    assert all(ports.LOWEST <= port < ports.first_outgoing(ports.LOWEST) for port in found)


def test_a_port_on_which_somebody_listens_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as freed:
        one, other = taken.getsockname()[1], freed.getsockname()[1]
        freed.close()
        monkeypatch.setattr(ports.random, "sample", lambda *_: [other, one])
        assert ports.free_ports(1) == [other]


def test_where_all_are_taken_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(ports.random, "sample", lambda *_: [taken.getsockname()[1]])
        with pytest.raises(LocalError, match=r"found no 2 free ports on 127\.0\.0\.1"):
            ports.free_ports(2)
