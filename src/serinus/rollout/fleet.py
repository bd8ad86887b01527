"""Which ReplicaSet is which."""

from msgspec import Struct

from serinus.api import keys
from serinus.api.podhash import template_hash
from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.plan import Defaulted, Read, Seen
from serinus.rollout.injected import own_template
from serinus.rollout.metadata import bare_manifest, next_revision

_REFUSED = ("InvalidSpec", "ReplicaSetCreateError")
"""The reasons of conditions under which nothing of the spec was carried out."""


class Fleet(Struct, frozen=True):
    """The ReplicaSets of a Rollout by their parts.

    ``hash`` is the name of the template that the user wants; ``new`` may be missing, and be the same as ``stable``.
    """

    hash: str
    new: ReplicaSet | None = None
    stable: ReplicaSet | None = None
    others: tuple[ReplicaSet, ...] = ()
    """The rest, oldest first."""

    @property
    def all(self) -> tuple[ReplicaSet, ...]:
        """Every ReplicaSet, once."""
        both = (self.stable, self.new) if self.new is not self.stable else (self.new,)
        return tuple(item for item in both if item) + self.others

    @property
    def revision(self) -> int:
        """The number under which people know the wanted version."""
        others = tuple(item for item in self.all if item is not self.new)
        return max(next_revision(others), self.new.revision if self.new else 0)

    @property
    def promoted(self) -> "Fleet":
        """The same, once the new version is the stable one."""
        old = (self.stable,) if self.stable and self.stable is not self.new else ()
        return Fleet(self.hash, self.new, self.new, (*self.others, *old))

    @property
    def is_settled(self) -> bool:
        """Whether the wanted version is the stable one."""
        return self.stable is not None and self.stable is self.new


def identify(seen: Seen) -> Fleet:
    """Say which ReplicaSet is new, which is stable, and which are neither."""
    rollout = seen.rollout
    owned = tuple(sorted(owned_sets(seen), key=_age))
    wanted = template_hash(rollout.spec.template or {}, rollout.status.collision_count)
    new = _with_hash(owned, wanted) or _recorded(seen, owned) or _restored(rollout, owned) or _adopted(seen, owned)
    stable = _with_hash(owned, rollout.status.stable_rs)
    return Fleet(
        hash=new.hash if new else wanted,
        new=new,
        stable=stable,
        others=tuple(item for item in owned if item is not new and item is not stable),
    )


def owned_sets(seen: Seen) -> tuple[ReplicaSet, ...]:
    """The ReplicaSets that are the Rollout's, those that it is about to adopt included."""
    return tuple(
        item
        for item in seen.replica_sets
        if item.metadata.deletion_timestamp is None
        and (item.metadata.is_controlled_by(seen.rollout.metadata) or is_orphan(item, seen.rollout))
    )


def is_orphan(item: ReplicaSet, rollout: Rollout) -> bool:
    """Whether nobody controls the ReplicaSet and the Rollout's selector matches it."""
    selector = rollout.spec.selector
    return (
        item.metadata.controller is None
        and keys.POD_TEMPLATE_HASH in item.metadata.labels
        and selector is not None
        and not selector.is_empty
        and selector.matches(item.metadata.labels)
    )


def adoption_ask(seen: Seen) -> Defaulted | None:
    """The question that adoption hangs on: how the API reads the wanted template.

    It is asked only where a ReplicaSet of another controller could be the wanted one.
    """
    if not any(_is_strange(item) for item in owned_sets(seen)):
        return None
    rollout, owned = seen.rollout, owned_sets(seen)
    wanted = template_hash(rollout.spec.template or {}, rollout.status.collision_count)
    if _with_hash(owned, wanted) or _recorded(seen, owned) or _restored(rollout, owned):
        return None
    return Defaulted(bare_manifest(rollout, wanted))


def is_carried_out(rollout: Rollout) -> bool:
    """Whether the status speaks of the spec as it is.

    One that only says why the spec was refused speaks of an earlier spec.
    """
    status = rollout.status
    is_refused = any(item.reason in _REFUSED for item in status.conditions)
    return status.observed_generation == str(rollout.metadata.generation) and not is_refused


def _with_hash(owned: tuple[ReplicaSet, ...], hash_: str) -> ReplicaSet | None:
    return next((item for item in owned if hash_ and item.hash == hash_), None)


def _recorded(seen: Seen, owned: tuple[ReplicaSet, ...]) -> ReplicaSet | None:
    """The ReplicaSet that the status names, when the spec has not changed since the status was written."""
    status = seen.rollout.status
    is_current = is_carried_out(seen.rollout)
    if seen.workload is not None:
        is_current = is_current and status.workload_observed_generation == str(seen.workload.metadata.generation)
    return _with_hash(owned, status.current_pod_hash) if is_current else None


def _restored(rollout: Rollout, owned: tuple[ReplicaSet, ...]) -> ReplicaSet | None:
    """The ReplicaSet whose template was put back into the spec as the API keeps it, with its defaults (``undo``)."""
    wanted = _template(rollout.spec.template or {})
    return next((item for item in owned if _template(own_template(item)) == wanted), None)


def _adopted(seen: Seen, owned: tuple[ReplicaSet, ...]) -> ReplicaSet | None:
    """The ReplicaSet of another controller whose template is equal, so that taking over restarts no pod."""
    ask = adoption_ask(seen)
    answer = seen.answers.get(ask) if ask else None
    if not isinstance(answer, Read):
        return None
    wanted = _comparable(answer)
    return next((item for item in owned if _is_strange(item) and _template(own_template(item)) == wanted), None)


def _comparable(answer: Read) -> dict[str, object]:
    return _template(answer.manifest.get("spec", {}).get("template", {}))


def _template(template: dict[str, object]) -> dict[str, object]:
    """A template without the label that names it and without what is said twice."""
    metadata = dict(template.get("metadata") or {})  # type: ignore[call-overload]
    metadata.pop("creationTimestamp", None)
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != keys.POD_TEMPLATE_HASH}
    spec = dict(template.get("spec") or {})  # type: ignore[call-overload]
    spec.pop("serviceAccount", None)
    return template | {"metadata": metadata | {"labels": labels}, "spec": spec}


def _is_strange(item: ReplicaSet) -> bool:
    return keys.POD_HASH_VERSION not in item.metadata.annotations


def _age(item: ReplicaSet) -> tuple[float, str]:
    created = item.metadata.creation_timestamp
    return (created.timestamp() if created else 0.0, item.name)
