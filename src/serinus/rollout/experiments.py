"""The Experiment of a canary step: it is made, heeded, and ended with the step.

The status names the one that counts. Another of the step's name counts only while it has no verdict: it was begun by a
decision whose status did not arrive.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from serinus.analysis.templates import BuildError
from serinus.api import keys
from serinus.api.analysis_ref import ExperimentAnalysis, ExperimentStep, ExperimentTemplate, RunMetadata
from serinus.api.experiment import Experiment
from serinus.api.kinds import EXPERIMENT
from serinus.api.meta import labels_of
from serinus.api.scalar import Manifest
from serinus.plan import Created, Refused, Seen
from serinus.rollout.arguments import arguments
from serinus.rollout.fleet import Fleet
from serinus.rollout.progress import INCONCLUSIVE_EXPERIMENT, Progress, Trial
from serinus.traffic.router import Destination


def consult(seen: Seen, fleet: Fleet, progress: Progress, wanted: ExperimentStep, now: datetime) -> Progress:
    """Heed the Experiment of the step that the update is at; begin one where there is none, unless it is held.

    One that failed gives the update up, and one without a clear verdict pauses it.
    """
    found = _counting(seen, fleet, progress)
    if found is not None:
        return _heeded(progress, wanted, found, now)
    if fleet.new is None or fleet.stable is None or progress.is_halted:
        return progress
    try:
        made = _manifest(seen, fleet, progress, wanted)
    except BuildError as error:
        return progress.waiting(f"the experiment cannot begin: {error}")
    return replace(progress, controller_pause=False).trying(Trial(made["metadata"]["name"], made=made))


def _counting(seen: Seen, fleet: Fleet, progress: Progress) -> Experiment | None:
    """The Experiment that counts for the step; None where none does."""
    status, wanted = seen.rollout.status, _name(seen, fleet, progress)
    is_retried = status.aborted_at is not None and not status.abort
    recorded = "" if progress.is_fresh or is_retried else status.canary.current_experiment
    named = [item for item in seen.experiments if _is_named(item.name, wanted)]
    found = next((item for item in named if item.name == recorded), None)
    if found is None:
        return next((item for item in named if not item.status.is_completed and not item.spec.terminate), None)
    is_paused = any(item.reason == INCONCLUSIVE_EXPERIMENT for item in status.pauses)
    # Paused by us, and yet no condition: somebody took it away to say "go on". It is tried once more.
    is_answered = found.status.phase == "Inconclusive" and status.controller_pause and not is_paused
    return None if is_answered else found


def _heeded(progress: Progress, wanted: ExperimentStep, found: Experiment, now: datetime) -> Progress:
    phase, message = found.status.phase, found.status.message
    progress = progress.trying(Trial(found.name, phase, destinations=tuple(_destinations(wanted, found))))
    if phase in {"Failed", "Error"}:
        text = "Experiment analysis phase is error/failed"
        return progress.giving_up(f"{text}: {message}" if message else text, now)
    if phase == "Inconclusive":
        return progress.halting(INCONCLUSIVE_EXPERIMENT, now)
    return progress


def _destinations(wanted: ExperimentStep, found: Experiment) -> Iterator[Destination]:
    """Where the Experiment's share of traffic goes while it runs."""
    weights = {item.name: item.weight for item in wanted.templates}
    for item in found.status.template_statuses if found.status.phase == "Running" else ():
        weight = weights.get(item.name)
        if weight and item.service_name:
            yield Destination(weight, item.service_name, item.pod_template_hash)


def _name(seen: Seen, fleet: Fleet, progress: Progress) -> str:
    return f"{seen.rollout.name}-{fleet.hash}-{fleet.revision}-{progress.index}"


def _is_named(name: str, wanted: str) -> bool:
    return name.startswith(wanted) and re.fullmatch(r"(-\d+)?", name[len(wanted) :]) is not None


def _free(seen: Seen, wanted: str) -> str:
    """A name that no Experiment has."""
    taken = {item.name for item in seen.experiments}
    for number in count():
        name = f"{wanted}-{number}" if number else wanted
        if name not in taken and not isinstance(seen.answers.get(Created(name)), Refused):
            return name
    raise AssertionError("numbers do not end")


def _manifest(seen: Seen, fleet: Fleet, progress: Progress, wanted: ExperimentStep) -> Manifest:
    rollout = seen.rollout
    instance = rollout.metadata.labels.get(keys.INSTANCE_ID)
    labels = rollout.metadata.labels | {keys.POD_TEMPLATE_HASH: fleet.hash}
    spec: dict[str, Any] = {
        "templates": [_template(seen, fleet, item) for item in wanted.templates],
        "progressDeadlineSeconds": rollout.progress_deadline,
        "scaleDownDelaySeconds": _delay(seen, wanted),
        "analyses": [_analysis(seen, fleet, progress, item) for item in wanted.analyses],
        "dryRun": to_builtins(wanted.dry_run),
    }
    if wanted.duration is not None:
        spec["duration"] = str(wanted.duration)
    if wanted.analysis_run_metadata is not None:
        spec["analysisRunMetadata"] = to_builtins(wanted.analysis_run_metadata)
    return {
        "apiVersion": EXPERIMENT.api_version,
        "kind": EXPERIMENT.kind,
        "metadata": {
            "name": _free(seen, _name(seen, fleet, progress)),
            "namespace": rollout.metadata.namespace,
            "labels": labels | ({keys.INSTANCE_ID: instance} if instance else {}),
            "annotations": {keys.REVISION: str(fleet.revision)},
            "ownerReferences": [rollout.owner_reference],
        },
        "spec": spec,
    }


def _delay(seen: Seen, wanted: ExperimentStep) -> int:
    """Pods that get traffic stay at least until it has left them."""
    asked = 30 if wanted.scale_down_delay_seconds is None else wanted.scale_down_delay_seconds
    has_traffic = any(item.weight for item in wanted.templates)
    return max(asked, seen.settings.drain_seconds) if has_traffic else asked


def _template(seen: Seen, fleet: Fleet, wanted: ExperimentTemplate) -> dict[str, Any]:
    """The pods of a version as they run, under labels of their own."""
    version = fleet.stable if wanted.spec_ref == "stable" else fleet.new
    assert version is not None
    extra = wanted.metadata or RunMetadata()
    template = dict(version.spec.template)
    metadata = dict(template.get("metadata") or {})
    labels = {key: value for key, value in labels_of(template).items() if key != keys.POD_TEMPLATE_HASH}
    metadata["labels"] = labels | extra.labels
    metadata["annotations"] = (metadata.get("annotations") or {}) | extra.annotations
    selector = to_builtins(wanted.selector or seen.rollout.spec.selector) or {}
    selector["matchLabels"] = selector.get("matchLabels", {}) | extra.labels
    made: dict[str, Any] = {
        "name": wanted.name,
        "replicas": 1 if wanted.replicas is None else wanted.replicas,
        "minReadySeconds": seen.rollout.spec.min_ready_seconds,
        "selector": selector,
        "template": template | {"metadata": metadata},
    }
    if wanted.service is not None or wanted.weight is not None:
        made["service"] = to_builtins(wanted.service) if wanted.service else {}
    return made


def _analysis(seen: Seen, fleet: Fleet, progress: Progress, wanted: ExperimentAnalysis) -> dict[str, Any]:
    values = arguments(wanted.args, seen.rollout, stable=progress.stable_hash, latest=fleet.hash)
    return {**to_builtins(wanted), "args": to_builtins(tuple(values))}
