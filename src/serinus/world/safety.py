"""The safety law, as it can be seen from outside: every request reaches a pod that serves."""

from collections.abc import Iterator

from serinus.api.kinds import POD, ROLLOUT, SERVICE
from serinus.api.scalar import Manifest
from serinus.plan import Ref
from serinus.world.network import NOBODY, Network, Outcome
from serinus.world.server import Server


class Safety:
    """Watches everything that can be requested, at every moment.

    A host or a Service counts from the moment at which it is served for the first time, as long as some Rollout wants
    pods. Preview Services do not count: they lead to what is newest, whether it serves or not, and no user comes
    through them; one that becomes a canary Service counts once it is served as such. ``breaches`` says what was seen,
    each thing once.
    """

    def __init__(self) -> None:
        self.breaches: list[str] = []
        self._opened: set[str] = set()

    def look(self, server: Server, network: Network) -> None:
        """Look at this moment."""
        rollouts = [item for _, item in server.list(ROLLOUT)]
        is_wanted = any(item["spec"].get("replicas", 1) for item in rollouts)
        previews = {name for item in rollouts if (name := _preview(item))}
        self._opened = self._opened - previews if is_wanted else set()
        pods = {ref.name for ref, _ in server.list(POD)}
        for name, outcome in _outcomes(network):
            for breach in _breaches(name, outcome, pods, is_open=name in self._opened):
                if breach not in self.breaches:
                    self.breaches.append(breach)
            if is_wanted and NOBODY not in outcome and name not in previews:
                self._opened.add(name)


def _preview(rollout: Manifest) -> str:
    """What the preview Service of a blue-green Rollout is called in an outcome."""
    name = (rollout["spec"].get("strategy", {}).get("blueGreen") or {}).get("previewService", "")
    return str(Ref(SERVICE, rollout["metadata"]["namespace"], name)) if name else ""


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
