"""What a person sees of a Rollout and what belongs to it, at one moment."""

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

from serinus.api import keys
from serinus.api.meta import Condition
from serinus.api.rollout import Rollout
from serinus.view.phase import phase_of
from stories.manifests import CANARY, NAME, STABLE

Manifest = dict[str, Any]


class Look:
    """All objects of a namespace, and the questions that stories ask about them."""

    def __init__(self, objects: Iterable[Manifest], events: Iterable[tuple[str, str]] = (), name: str = NAME) -> None:
        self.objects = list(objects)
        self.events = list(events)
        """Reason and message of each."""
        self._name = name

    def __repr__(self) -> str:
        """One line, for the report of a failure."""
        return (
            f"{self.phase} ({self.message}), step {self.step}, weight {self.weight}, "
            f"pods {dict(self.pods)}, serving {dict(self.serving)}, services {self.services}, "
            f"canary Ingress {self.canary_weight}"
        )

    def kind(self, kind: str) -> list[Manifest]:
        return [item for item in self.objects if item["kind"] == kind]

    @cached_property
    def rollout(self) -> Rollout:
        found = [item for item in self.kind("Rollout") if item["metadata"]["name"] == self._name]
        return msgspec.convert(found[0], Rollout) if found else msgspec.convert({"metadata": {}}, Rollout)

    @property
    def phase(self) -> str:
        """The phase as clients see it: not before the controller has seen the spec."""
        return phase_of(self.rollout).name

    @property
    def message(self) -> str:
        return phase_of(self.rollout).message

    @property
    def step(self) -> int | None:
        return self.rollout.status.current_step_index

    @property
    def weight(self) -> int | None:
        """The canary's weight that the status records."""
        weights = self.rollout.status.canary.weights
        return weights.canary.weight if weights else None

    def is_paused_at(self, step: int) -> bool:
        return self.phase == "Paused" and self.step == step

    @property
    def is_updating(self) -> bool:
        """Whether the controller has noted another version: what people ask for before concerns the earlier one."""
        status = self.rollout.status
        return status.current_pod_hash != status.stable_rs

    @property
    def is_healthy(self) -> bool:
        return self.phase == "Healthy"

    def is_settled(self, image: str) -> bool:
        """Whether a version runs alone, as it should."""
        return self.is_healthy and self.sizes == {image: self.rollout.replicas} and set(self.pods) == {image}

    def condition(self, type_: str) -> Condition | None:
        return self.rollout.status.condition(type_)

    @cached_property
    def pods(self) -> Counter[str]:
        """Image → pods that are not about to end."""
        return Counter(_image(pod["spec"]) for pod in self.kind("Pod") if "deletionTimestamp" not in pod["metadata"])

    @cached_property
    def serving(self) -> Counter[str]:
        """Image → pods that serve."""
        return Counter(
            _image(pod["spec"])
            for pod in self.kind("Pod")
            if "deletionTimestamp" not in pod["metadata"] and _is_ready(pod)
        )

    @cached_property
    def replica_sets(self) -> dict[str, Manifest]:
        """Image → ReplicaSet, of those that are a Rollout's."""
        sets = [
            item for item in self.kind("ReplicaSet") if keys.POD_TEMPLATE_HASH in item["metadata"].get("labels", {})
        ]
        return {_image(item["spec"]["template"]["spec"]): item for item in sets}

    @property
    def sizes(self) -> dict[str, int]:
        """Image → wanted pods, where there are any."""
        sizes = {image: item["spec"]["replicas"] for image, item in self.replica_sets.items()}
        return {image: size for image, size in sizes.items() if size}

    @property
    def revisions(self) -> dict[str, int]:
        """Image → the number under which people know it."""
        return {image: int(item["metadata"]["annotations"][keys.REVISION]) for image, item in self.replica_sets.items()}

    @property
    def services(self) -> dict[str, str]:
        """``stable`` and ``canary`` → the image that the Service selects; empty when it selects no version."""
        found = {item["metadata"]["name"]: item for item in self.kind("Service")}
        return {
            role: self._selected(found[name])
            for role, name in (("stable", STABLE), ("canary", CANARY))
            if name in found
        }

    @property
    def ingresses(self) -> set[str]:
        return {item["metadata"]["name"] for item in self.kind("Ingress")}

    @property
    def canary_ingress(self) -> Manifest | None:
        """The Ingress that the Rollout made."""
        owned = [item for item in self.kind("Ingress") if item["metadata"].get("ownerReferences")]
        assert len(owned) <= 1, f"several canary Ingresses: {self.ingresses}"
        return owned[0] if owned else None

    @property
    def canary_weight(self) -> str | None:
        """The weight on the canary Ingress, as text; None without one."""
        found = self.canary_ingress
        return found["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] if found else None

    def runs(self, type_: str) -> list[str]:
        """The phases of all AnalysisRuns of a type, in the order of their names."""
        found = [item for item in self.kind("AnalysisRun") if item["metadata"]["labels"]["rollout-type"] == type_]
        found.sort(key=lambda item: item["metadata"]["name"])
        return [(item.get("status") or {}).get("phase", "") for item in found]

    def told(self, reason: str) -> list[str]:
        """The messages of all events with a reason."""
        return [message for name, message in self.events if name == reason]

    def _selected(self, service: Manifest) -> str:
        hash_ = service["spec"]["selector"].get(keys.POD_TEMPLATE_HASH)
        by_hash = {
            item["metadata"]["labels"][keys.POD_TEMPLATE_HASH]: image for image, item in self.replica_sets.items()
        }
        return by_hash.get(hash_, "") if hash_ else ""


def _image(spec: Manifest) -> str:
    image: str = spec["containers"][0]["image"]
    return image


def _is_ready(pod: Manifest) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
