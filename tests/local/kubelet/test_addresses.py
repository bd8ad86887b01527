"""Ports and addresses go to one pod at a time."""

import socket

from serinus.local.kubelet.addresses import LOWEST, Addresses, Ports


def test_ports_are_free_different_and_out_of_the_way_of_outgoing_connections() -> None:
    ports = Ports()
    taken = [ports.take() for _ in range(50)]
    assert len(set(taken)) == 50
    assert min(taken) >= LOWEST
    for port in taken:
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_a_port_that_somebody_uses_is_not_given(monkeypatch: object) -> None:
    ports = Ports()
    with socket.create_server(("127.0.0.1", 0)) as used:
        ports._highest = used.getsockname()[1]
        taken = {ports.take() for _ in range(20)}
        assert used.getsockname()[1] not in taken


def test_addresses_are_unique_until_given_back() -> None:
    addresses = Addresses()
    addresses.keep("10.64.0.2")
    assert [addresses.take() for _ in range(3)] == ["10.64.0.1", "10.64.0.3", "10.64.0.4"]
    addresses.give_back("10.64.0.1")
    assert addresses.take() == "10.64.0.5"
    rest = [addresses.take() for _ in range(256 * 254 - 4)]
    assert "10.64.0.1" in rest
    assert len(set(rest)) == len(rest)
