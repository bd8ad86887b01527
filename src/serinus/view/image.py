"""Which images run, and in which roles."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from serinus.api.workload import ReplicaSet


class Image(Struct, frozen=True):
    """An image and the roles of the ReplicaSets that run it."""

    name: str
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The form that people read: ``nginx:1.22.0 (stable)``."""
        return f"{self.name} ({', '.join(self.tags)})" if self.tags else self.name


def images_of(tagged: Iterable[tuple[ReplicaSet, tuple[str, ...]]]) -> tuple[Image, ...]:
    """The images of those ReplicaSets that have pods or want some, sorted by name."""
    tags: dict[str, list[str]] = {}
    for item, names in tagged:
        if item.replicas or item.status.replicas:
            for image in _images(item):
                known = tags.setdefault(image, [])
                known += [name for name in names if name not in known]
    return _sorted(tags)


def _sorted(tags: Mapping[str, list[str]]) -> tuple[Image, ...]:
    return tuple(Image(name, tuple(tags[name])) for name in sorted(tags))


def _images(item: ReplicaSet) -> Iterable[str]:
    spec = item.spec.template.get("spec") or {}
    for container in spec.get("containers") or ():
        yield str(container.get("image", ""))
