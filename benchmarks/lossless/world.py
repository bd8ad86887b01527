"""What is seen of the Rollouts and their versions while they are updated."""

import time
from typing import Any

from benchmarks.lossless.manifests import NAMESPACE
from benchmarks.mirror import Mirror
from serinus.api.kinds import REPLICA_SET, ROLLOUT
from serinus.demo.traffic import fault
from serinus.demo.wire import Answer
from serinus.kube import Client, Object

Raw = dict[str, Any]


class World:
    """Rollouts and ReplicaSets, by name, and which versions may answer."""

    def __init__(self, client: Client) -> None:
        self.rollouts: Mirror[Raw] = Mirror(client, ROLLOUT.path(NAMESPACE), _raw)
        self.sets: Mirror[Raw] = Mirror(client, REPLICA_SET.path(NAMESPACE), self._note)
        self._ended: dict[str, float] = {}
        """When a version was left without pods, by image; it is not in here while it has some."""
        self.versions: set[str] = set()
        """All images that ever had a ReplicaSet."""

    def judge(self, host: str, sent: float, answer: Answer) -> str:
        """Say what is wrong with an answer: its status, its text, or who gave it."""
        name = host.partition(".")[0]
        alive = {image for image in self.versions if self._ended.get(image, sent) >= sent and is_of(image, name)}
        return fault(answer, frozenset(alive))

    def describe(self, name: str) -> str:
        """Say how far a Rollout is, in a line."""
        status = self.rollouts.values.get(name, {}).get("status", {})
        weights = status.get("canary", {}).get("weights", {})
        parts = {
            "phase": status.get("phase"),
            "step": status.get("currentStepIndex"),
            "weight": weights.get("canary", {}).get("weight"),
            "verified": weights.get("verified"),
            "new": status.get("currentPodHash"),
            "stable": status.get("stableRS"),
        }
        return ", ".join(f"{key} {value}" for key, value in parts.items() if value not in {None, ""})

    def _note(self, found: Object, gone: bool) -> tuple[str, Raw]:
        image = image_of(found.raw)
        self.versions.add(image)
        if gone or not found.raw["spec"].get("replicas"):
            self._ended.setdefault(image, time.time())
        else:
            self._ended.pop(image, None)
        return _raw(found, gone)


def is_of(image: str, name: str) -> bool:
    """Whether an image is a version of a Rollout."""
    return image.partition(":")[2].rpartition("-")[0] == name


def image_of(raw: Raw) -> str:
    """The image that an object's template asks for."""
    found: str = raw["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


def is_complete(raw: Raw, image: str) -> bool:
    """Whether an image is the stable version, and nothing goes on."""
    status = raw.get("status", {})
    return (
        bool(raw)
        and image_of(raw) == image
        and status.get("phase") == "Healthy"
        and str(status.get("observedGeneration")) == str(raw["metadata"]["generation"])
        and status.get("stableRS", "") == status.get("currentPodHash")
    )


def is_aborted(raw: Raw, image: str) -> bool:
    """Whether the update to an image is given up."""
    status = raw.get("status", {})
    return image_of(raw) == image and bool(status.get("abortedAt")) and status.get("phase") == "Degraded"


def is_at(raw: Raw, image: str, step: int) -> bool:
    """Whether the update to an image has come to a step, or is over."""
    if is_complete(raw, image):
        return True
    status = raw.get("status", {})
    is_seen = image_of(raw) == image and str(status.get("observedGeneration")) == str(raw["metadata"]["generation"])
    return is_seen and status.get("currentStepIndex", 0) >= step


def _raw(found: Object, gone: bool) -> tuple[str, Raw]:
    return found.metadata.name, {} if gone else found.raw
