"""From a key to ``Seen``: the frozen snapshot that the decision is made of."""

from collections.abc import Iterable

from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign
from serinus.controller.answers import Answers
from serinus.controller.stores import Stores, refs_of
from serinus.plan import Ref, Seen, Settings


def observe(stores: Stores, answers: Answers, settings: Settings, rollout: Rollout) -> Seen:
    """Gather everything that the decision about a Rollout may use."""
    namespace = rollout.metadata.namespace
    refs = tuple(refs_of(rollout, stores.routers))
    found = {name: stores.services.get(namespace, name) for name in rollout.service_names}
    return Seen(
        rollout=rollout,
        replica_sets=(
            *stores.replica_sets.by("owner", rollout.metadata.uid),
            *stores.replica_sets.by("orphan", namespace),
        ),
        services={name: service for name, service in found.items() if service},
        objects=_objects(stores, rollout, refs),
        unseen={ref: why for ref in refs if (why := stores.mirrors.unseen(ref))},
        answers=answers.about(rollout.metadata.uid),
        settings=settings,
    )


def _objects(stores: Stores, rollout: Rollout, refs: Iterable[Ref]) -> dict[Ref, Foreign]:
    objects = dict(stores.mirrors.owned(rollout.metadata.uid))
    for ref in refs:
        objects |= stores.mirrors.matching(ref)
    return objects
