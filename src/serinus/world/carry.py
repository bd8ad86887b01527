"""What becomes of a plan: its writes in order, then the status, then the events."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from serinus.api.kinds import ANALYSIS_RUN, POD, REPLICA_SET
from serinus.api.workload import Pod
from serinus.plan import (
    Answer,
    Ask,
    Balancer,
    Collect,
    Create,
    Created,
    Defaulted,
    Delete,
    Evict,
    Listed,
    Measure,
    Patch,
    Plan,
    Pods,
    Read,
    Ref,
    Refused,
    StepRun,
    Write,
)
from serinus.world.admission import complaint, with_defaults
from serinus.world.server import RefusalError, Server


def carry_out(server: Server, ref: Ref, plan: Plan, now: datetime) -> Iterator[Write | Plan]:
    """Do what a plan says, one request at a time, and yield after each.

    The plan itself stands for its status, the last request. Raises RefusalError where the API refuses: what comes
    after is not done.
    """
    for write in plan.writes:
        send(server, write, now)
        yield write
    if plan.status:
        server.patch_status(ref, plan.status)
        yield plan


def send(server: Server, write: Write, now: datetime) -> None:
    """One request."""
    match write:
        case Create(ref, manifest):
            server.create(ref, manifest, now)
        case Patch(ref, body, how, version):
            assert how == "merge", f"the world reads merge patches only, not {how}"
            server.patch(ref, body, version=version)
        case Delete(ref, uid) | Evict(ref, uid):
            server.delete(ref, now, uid)


def answer(server: Server, ask: Ask, namespace: str) -> Answer | None:
    """What the API says to a question; None where only an attempt can tell."""
    match ask:
        case Defaulted(manifest):
            ref = Ref(REPLICA_SET, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
            read = with_defaults(ref, manifest)
            text = complaint(ref, read)
            return Refused(f'ReplicaSet.apps "{ref.name}" is invalid: {text}') if text else Read(read)
        case Pods():
            return Listed(tuple(msgspec.convert(item, Pod) for _, item in server.list(POD, namespace)))
        case Balancer() | Created() | Measure() | Collect() | StepRun():
            return None


def refusal_of(write: Write, refusal: RefusalError) -> tuple[Ask, Answer] | None:
    """What a refused request teaches; None where looking again is enough."""
    match write, refusal.kind:
        case Create(ref, _), "taken" | "invalid" as kind if ref.kind == REPLICA_SET:
            return Created(ref.name), Refused(str(refusal), kind)
        case Create(ref, _), "taken" if ref.kind == ANALYSIS_RUN:
            return Created(ref.name), Refused(str(refusal), "taken")
        case _:
            return None
