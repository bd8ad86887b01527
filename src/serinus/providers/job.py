"""A Kubernetes Job whose end is the measurement."""

import re
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from math import sqrt
from typing import Any

from msgspec import Struct

from serinus.api.provider import JobMetric
from serinus.providers.job_trouble import image_trouble
from serinus.providers.provider import (
    AtOnce,
    ClusterReply,
    ClusterRequest,
    Collecting,
    Later,
    Measuring,
    Order,
    ProviderError,
    Verdict,
    ask,
)

JOB_NAME, JOB_NAMESPACE = "job-name", "job-namespace"
"""The keys of a measurement's metadata."""
UID_LABEL = "analysisrun.argoproj.io/uid"
RUN_NAME, RUN_NAMESPACE = "analysisrun.argoproj.io/name", "analysisrun.argoproj.io/namespace"
METRIC_NAME = "analysisrun.argoproj.io/metric-name"

LONGEST_NAME = 63
"""The name becomes a label of pods."""
SHORTEST_WAIT = 1.0
_UNFIT = re.compile(r"[^a-z0-9.-]+")


class Job(Struct, frozen=True):
    """Which Job a measurement is."""

    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Where the API keeps it."""
        return f"{jobs(self.namespace)}/{self.name}"

    @property
    def metadata(self) -> dict[str, str]:
        """What a measurement remembers of it."""
        return {JOB_NAME: self.name, JOB_NAMESPACE: self.namespace}


class JobProvider(AtOnce):
    """Creates the Job, looks at it until it has ended, and removes old ones."""

    name = "job"

    def run(self, order: Order) -> Measuring:
        """Create the Job; one that an earlier attempt has created is taken on."""
        job = Job(_namespace(order), job_name(order))
        reply = yield from ask(ClusterRequest("create", jobs(job.namespace), manifest(order, job)))
        if reply.status == 409:
            yield from self._taken_on(order, job, reply)
        else:
            _require(reply, f"Job {job.name} cannot be created")
        return Later(order.now + timedelta(seconds=SHORTEST_WAIT), job.metadata)

    def resume(self, order: Order) -> Measuring:
        """Say how the Job has ended, or when to look again."""
        job = _job(order)
        reply = yield from ask(ClusterRequest("get", job.path))
        if reply.status == 404:
            raise ProviderError(f"Job {job.name} is gone: something has deleted it before it ended")
        _require(reply, f"Job {job.name} cannot be read")
        if ended := verdict(job, reply.body):
            return ended
        query = {"labelSelector": f"job-name={job.name}"}
        pods = yield from ask(ClusterRequest("get", f"/api/v1/namespaces/{job.namespace}/pods", params=query))
        if pods.status == 200 and (trouble := image_trouble(pods.body)):
            yield from _deleted(job)
            return Verdict("Inconclusive", f"Job {job.name} could not run: {trouble}", metadata=job.metadata)
        return Later(order.now + timedelta(seconds=_pause(order)), job.metadata)

    def terminate(self, order: Order) -> Measuring:
        """Say how the Job has ended, or end it: then it has shown nothing."""
        job = _job(order)
        reply = yield from ask(ClusterRequest("get", job.path))
        if reply.status == 200 and (ended := verdict(job, reply.body)):
            return ended
        yield from _deleted(job)
        return Verdict("Inconclusive", f"Job {job.name} was ended before it was done", metadata=job.metadata)

    def collect(self, order: Order) -> Collecting:
        """Delete the metric's Jobs whose measurements are no longer kept."""
        namespace = _namespace(order)
        query = {"labelSelector": f"{UID_LABEL}={order.run.metadata.uid}"}
        reply = yield from ask(ClusterRequest("get", jobs(namespace), params=query))
        _require(reply, "old Jobs cannot be listed")
        mine = [item for item in reply.body.get("items") or () if _metric_of(item) == order.metric.name]
        mine.sort(key=lambda item: (item["metadata"].get("creationTimestamp") or "", item["metadata"]["name"]))
        for item in mine[: max(0, len(mine) - order.keep)]:
            yield from _deleted(Job(namespace, item["metadata"]["name"]))

    def _taken_on(self, order: Order, job: Job, refusal: ClusterReply) -> Collecting:
        """Make sure that the Job of this name is ours, of an attempt whose end was not seen."""
        found = yield from ask(ClusterRequest("get", job.path))
        labels = _map(found.body, "metadata", "labels") if found.status == 200 else {}
        if labels.get(UID_LABEL) != order.run.metadata.uid or _metric_of(found.body) != order.metric.name:
            raise ProviderError(f"Job {job.name} cannot be created: {_words(refusal)}")


def jobs(namespace: str) -> str:
    """Where the API keeps a namespace's Jobs."""
    return f"/apis/batch/v1/namespaces/{namespace}/jobs"


def job_name(order: Order) -> str:
    """``<uid of the run>.<metric>.<number>``, where the metric's part is cut and marked if it does not fit."""
    uid, number, metric = order.run.metadata.uid, order.number, order.metric.name
    room = LONGEST_NAME - len(f"{uid}..{number}")
    plain = re.sub(r"[.-]*\.[.-]*", ".", _UNFIT.sub("-", metric.lower())).strip("-.")
    if plain != metric or len(plain) > room:
        mark = sha256(metric.encode()).hexdigest()[:8]
        plain = f"{plain[: room - 9].rstrip('-.')}-{mark}".lstrip("-")
    return f"{uid}.{plain}.{number}"


def manifest(order: Order, job: Job) -> dict[str, Any]:
    """The Job as it is created."""
    spec, run = _spec(order), order.run
    mark = {UID_LABEL: run.metadata.uid}
    metadata = spec.metadata
    made: dict[str, Any] = {
        "name": job.name,
        "namespace": job.namespace,
        "labels": {**(metadata.labels if metadata else {}), **mark},
        "annotations": {
            **(metadata.annotations if metadata else {}),
            RUN_NAME: run.name,
            RUN_NAMESPACE: run.metadata.namespace,
            METRIC_NAME: order.metric.name,
        },
    }
    if not (order.settings.job_namespace or order.settings.job_kubeconfig):
        made["ownerReferences"] = [_owner(order)]
    template = dict(spec.spec.get("template") or {})
    template["metadata"] = {
        **(template.get("metadata") or {}),
        "labels": {**_map(template, "metadata", "labels"), **mark},
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": made, "spec": {**spec.spec, "template": template}}


def verdict(job: Job, body: Mapping[str, Any]) -> Verdict | None:
    """How a Job has ended; None while it has not."""
    for condition in _map(body, "status").get("conditions") or ():
        if condition.get("status") != "True":
            continue
        if condition.get("type") == "Complete":
            return Verdict("Successful", metadata=job.metadata)
        if condition.get("type") == "Failed":
            why = ": ".join(part for part in (condition.get("reason"), condition.get("message")) if part)
            return Verdict("Failed", f"Job {job.name} failed" + (f": {why}" if why else ""), metadata=job.metadata)
    return None


def _owner(order: Order) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "name": order.run.name,
        "uid": order.run.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _deleted(job: Job) -> Collecting:
    """Delete a Job with its pods; one that is gone is as good."""
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
    reply = yield from ask(ClusterRequest("delete", job.path, options))
    if reply.status != 404:
        _require(reply, f"Job {job.name} cannot be deleted")


def _pause(order: Order) -> float:
    """Seconds until the next look: the longer it runs, the longer they may be."""
    begun = order.measurement.started_at if order.measurement else None
    elapsed = (order.now - begun).total_seconds() if begun else 0.0
    return max(SHORTEST_WAIT, sqrt(2 * max(elapsed, 0.0)))


def _job(order: Order) -> Job:
    remembered = order.measurement.metadata if order.measurement else {}
    if not remembered.get(JOB_NAME):
        raise ProviderError("job metadata reference missing")
    return Job(remembered.get(JOB_NAMESPACE) or _namespace(order), remembered[JOB_NAME])


def _namespace(order: Order) -> str:
    return order.settings.job_namespace or order.run.metadata.namespace


def _metric_of(job: Any) -> str | None:
    name = _map(job, "metadata", "annotations").get(METRIC_NAME)
    return name if isinstance(name, str) else None


def _map(value: Any, *keys: str) -> dict[str, Any]:
    """The mapping below some keys; an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _require(reply: ClusterReply, what: str) -> None:
    if reply.status not in range(200, 300):
        raise ProviderError(f"{what}: {_words(reply)}")


def _words(reply: ClusterReply) -> str:
    """The API's own."""
    message = reply.body.get("message") if isinstance(reply.body, dict) else None
    return str(message or f"the API answered {reply.status}")


def _spec(order: Order) -> JobMetric:
    spec = order.metric.provider.job
    assert spec is not None
    return spec
