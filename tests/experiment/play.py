"""An Experiment that plays by itself: its plans are carried out, its runs end as they are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from serinus.analysis.templates import gathered
from serinus.api.analysis import AnalysisRun, AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment
from serinus.api.patches import merged
from serinus.api.workload import ReplicaSet, Service
from serinus.experiment.decide import plan_experiment
from serinus.plan import Answer, Ask, Create, Delete, Event, Patch, Plan, SeenExperiment

Manifest = dict[str, Any]

START = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
NAME, UID = "compare", "22222222-2222-3333-4444-555555555555"


def template(name: str, image: str = "nginx:1.21.0", **fields: Any) -> Manifest:
    labels = {"app": "compare", "side": name}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "web", "image": image, "ports": [{"containerPort": 80}]}]},
    }
    return {"name": name, "selector": {"matchLabels": labels}, "template": pod, **fields}


def analysis_template(name: str = "good") -> AnalysisTemplate:
    metric = {"name": "ok", "provider": {"web": {"url": "http://127.0.0.1/{{args.hash}}"}}}
    manifest = {"metadata": {"name": name}, "spec": {"args": [{"name": "hash", "value": "none"}], "metrics": [metric]}}
    return msgspec.convert(manifest, AnalysisTemplate)


class Play:
    """One Experiment, in virtual time."""

    def __init__(self, *templates: Manifest, known: tuple[str, ...] = ("good",), **spec: Any) -> None:
        self.now = START
        self.metadata: Manifest = {"name": NAME, "namespace": "shop", "uid": UID, "generation": 1}
        self.spec: Manifest = {"templates": list(templates), **spec}
        self.status: Manifest = {}
        self.objects: dict[tuple[str, str], Manifest] = {}
        self.events: list[Event] = []
        self.answers: dict[Ask, Answer] = {}
        self.broken: set[str] = set()
        """ReplicaSets whose pods never serve."""
        self.verdicts: dict[str, str] = {}
        """How AnalysisRuns end, by name; others go on measuring."""
        self.known = {TemplateRef(template_name=name): analysis_template(name) for name in known}
        self.why: tuple[str, ...] = ()

    def wait(self, seconds: float = 0) -> None:
        """Let time pass; plans are carried out whenever there is something to do."""
        end = self.now + timedelta(seconds=seconds)
        while True:
            plan = self._settle()
            wake = plan.wake
            if wake is None or wake > end:
                break
            self.now = max(wake, self.now)
        self.now = end
        self._settle()

    def plan(self) -> Plan:
        return plan_experiment(self._seen(), self.now)

    @property
    def phase(self) -> str:
        return self.status.get("phase", "")

    @property
    def message(self) -> str:
        return self.status.get("message", "")

    @property
    def templates(self) -> dict[str, str]:
        return {item["name"]: item["status"] for item in self.status.get("templateStatuses", [])}

    @property
    def sizes(self) -> dict[str, int]:
        return {name: item["spec"]["replicas"] for (kind, name), item in self.objects.items() if kind == "ReplicaSet"}

    def names(self, kind: str) -> set[str]:
        return {name for found, name in self.objects if found == kind}

    def _settle(self) -> Plan:
        for _ in range(20):
            self._live()
            plan = self.plan()
            self._carry(plan)
            if plan.is_empty:
                return plan
        raise AssertionError(f"it does not come to rest: {plan}")

    def _live(self) -> None:
        for (kind, name), item in self.objects.items():
            if kind == "ReplicaSet":
                pods = item["spec"]["replicas"]
                serving = 0 if name in self.broken else pods
                item["status"] = {"replicas": pods, "readyReplicas": serving, "availableReplicas": serving}
            elif kind == "AnalysisRun" and item.get("status", {}).get("phase", "Running") == "Running":
                phase = self.verdicts.get(name, "Running")
                item["status"] = {"phase": "Successful" if item["spec"].get("terminate") else phase}

    def _seen(self) -> SeenExperiment:
        experiment = msgspec.convert({"metadata": self.metadata, "spec": self.spec, "status": self.status}, Experiment)
        refs = [TemplateRef(template_name=item.template_name) for item in experiment.spec.analyses]
        return SeenExperiment(
            experiment,
            replica_sets=tuple(self._all("ReplicaSet", ReplicaSet)),
            services={item.metadata.name: item for item in self._all("Service", Service)},
            runs=tuple(self._all("AnalysisRun", AnalysisRun)),
            templates=gathered(refs, self.known.get),
            answers=self.answers,
        )

    def _all(self, kind: str, type_: Any) -> list[Any]:
        return [msgspec.convert(item, type_) for (found, _), item in self.objects.items() if found == kind]

    def _carry(self, plan: Plan) -> None:
        for write in plan.writes:
            key = (write.ref.kind.kind, write.ref.name)
            match write:
                case Create(_, manifest):
                    assert key not in self.objects, f"{key} is there already"
                    self.objects[key] = msgspec.json.decode(msgspec.json.encode(manifest))
                    self.objects[key]["metadata"].setdefault("uid", f"uid-of-{key[1]}")
                case Patch(_, body):
                    self.objects[key] = merged(self.objects[key], body)
                case Delete(_, uid):
                    assert self.objects.pop(key)["metadata"]["uid"] == uid
        self.status = msgspec.json.decode(msgspec.json.encode(merged(self.status, plan.status)))
        self.events += plan.events
        self.why = plan.why
