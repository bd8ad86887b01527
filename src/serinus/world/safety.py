"""The safety law, as it can be seen from outside: every request reaches a pod that serves."""

from collections.abc import Iterator

from serinus.api.kinds import POD, ROLLOUT
from serinus.world.network import NOBODY, Network, Outcome
from serinus.world.server import Server


class Safety:
    """Watches everything that can be requested, at every moment.

    A host or a Service counts from the moment at which it is served for the first time, as long as some Rollout wants
    pods. ``breaches`` says what was seen, each thing once.
    """

    def __init__(self) -> None:
        self.breaches: list[str] = []
        self._opened: set[str] = set()

    def look(self, server: Server, network: Network) -> None:
        """Look at this moment."""
        is_wanted = any(item["spec"].get("replicas", 1) for _, item in server.list(ROLLOUT))
        if not is_wanted:
            self._opened.clear()
        pods = {ref.name for ref, _ in server.list(POD)}
        for name, outcome in _outcomes(network):
            for breach in _breaches(name, outcome, pods, is_open=name in self._opened):
                if breach not in self.breaches:
                    self.breaches.append(breach)
            if is_wanted and NOBODY not in outcome:
                self._opened.add(name)


def _outcomes(network: Network) -> Iterator[tuple[str, Outcome]]:
    for host in network.hosts:
        yield f"host {host}", network.request(host)
    for ref in network.served:
        yield str(ref), network.call(ref)


def _breaches(name: str, outcome: Outcome, pods: set[str], *, is_open: bool) -> Iterator[str]:
    if NOBODY in outcome and is_open:
        yield f"{name} reaches nobody"
    for pod in outcome:
        if pod != NOBODY and pod not in pods:
            yield f"{name} reaches pod {pod}, which has ended"
