"""What the cluster holds now, as watches show it, and questions to it."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct, field

from serinus.api.analysis import AnalysisRun
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet
from serinus.demo.analysis import of_version
from serinus.local.gateways.addresses import LISTENS
from serinus.view.phase import phase_of


class Sight(Struct, frozen=True):
    """The Rollout and what belongs to it."""

    rollout: Rollout | None = None
    sets: tuple[ReplicaSet, ...] = ()
    pods: tuple[Manifest, ...] = ()
    ingresses: frozenset[str] = frozenset()
    analyses: tuple[AnalysisRun, ...] = ()
    virtual_services: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Weights of the destinations of each route, as `serinus.demo.weights` names them."""

    @property
    def phase(self) -> str:
        """The phase that clients show; empty without a Rollout."""
        return phase_of(self.rollout).name if self.rollout else ""

    def image_of(self, pod_hash: str) -> str:
        """The image of the version with a pod-template hash; empty where none has it."""
        return next((image(item) for item in self.sets if pod_hash and item.hash == pod_hash), "")

    def is_paused_at(self, step: int) -> bool:
        """Whether the Rollout pauses at a step, counted from 0."""
        status = self.rollout.status if self.rollout else None
        return status is not None and self.phase == "Paused" and status.current_step_index == step

    def is_paused_on(self, wanted: str) -> bool:
        """Whether the Rollout pauses with an image as the version that comes."""
        return self.phase == "Paused" and self.image_of(self.updated) == wanted

    def is_analyzed_at(self, step: int) -> bool:
        """Whether the Rollout is at a step, counted from 0, and an analysis of its new version runs."""
        status = self.rollout.status if self.rollout else None
        run = self.run_of(self.updated)
        is_running = run is not None and run.status.phase == "Running"
        return is_running and status is not None and status.current_step_index == step

    def run_of(self, pod_hash: str) -> AnalysisRun | None:
        """The run that judges the version with a pod-template hash."""
        return of_version(self.analyses, pod_hash)

    def is_healthy_on(self, wanted: str) -> bool:
        """Whether an image is the stable version and nothing is left to do but to scale down."""
        return self.rollout is not None and self.phase == "Healthy" and self.image_of(self._stable) == wanted

    def is_aborted_on(self, wanted: str) -> bool:
        """Whether an update was given up and an image is the stable version."""
        return self.phase == "Degraded" and self.image_of(self._stable) == wanted

    def is_gone(self, wanted: str) -> bool:
        """Whether no pod of an image is left, not even one that ends."""
        is_scaled = all(item.replicas == 0 and item.status.replicas == 0 for item in self.sets if image(item) == wanted)
        return is_scaled and not any(_pod_image(pod) == wanted for pod in self.pods)

    def addresses_of(self, wanted: str) -> frozenset[str]:
        """Where the ready pods of an image listen in truth."""
        serving = (pod for pod in self.pods if _pod_image(pod) == wanted and _is_ready(pod))
        return frozenset(address for pod in serving for address in _listens(pod))

    def runs(self, pod: str) -> bool:
        """Whether a pod of this name runs."""
        named = (item for item in self.pods if item["metadata"]["name"] == pod)
        return any(item.get("status", {}).get("phase") == "Running" for item in named)

    @property
    def updated(self) -> str:
        """The hash of the version that the spec asks for; empty without a Rollout."""
        return self.rollout.status.current_pod_hash if self.rollout else ""

    @property
    def _stable(self) -> str:
        return self.rollout.status.stable_rs if self.rollout else ""


def image(replica_set: ReplicaSet) -> str:
    """The image of a version's first container."""
    return str(replica_set.spec.template["spec"]["containers"][0]["image"])


def _pod_image(pod: Manifest) -> str:
    return str(pod["spec"]["containers"][0]["image"])


def _is_ready(pod: Manifest) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    ready = any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _listens(pod: Manifest) -> Iterable[str]:
    note = pod["metadata"].get("annotations", {}).get(LISTENS, "{}")
    return msgspec.json.decode(note, type=dict[str, str]).values()
