"""Which ReplicaSet and which Service belong to which template."""

from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from serinus.api import keys
from serinus.api.experiment import Experiment, ExperimentTemplateSpec, ExperimentTemplateStatus
from serinus.api.kinds import REPLICA_SET, SERVICE
from serinus.api.meta import labels_of
from serinus.api.podhash import template_hash
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet, Service
from serinus.plan import Created, Refused, SeenExperiment


class Fleet(Struct, frozen=True):
    """One template, and what there is of it."""

    template: ExperimentTemplateSpec
    name: str
    """The ReplicaSet's name."""
    hash: str
    before: ExperimentTemplateStatus | None = None
    found: ReplicaSet | None = None
    service: Service | None = None
    """The Service of the wanted name, whoever made it."""
    trouble: str = ""
    """Why it cannot be had."""

    @property
    def replicas(self) -> int:
        """How many pods it has while it runs."""
        return 1 if self.template.replicas is None else self.template.replicas

    @property
    def service_name(self) -> str:
        """The wanted Service's name; empty where none is wanted."""
        wanted = self.template.service
        return (wanted.name or self.name) if wanted else ""


def service_names(experiment: Experiment) -> tuple[str, ...]:
    """The names of the Services that its templates want."""
    wanted = ((item, item.service) for item in experiment.spec.templates if item.service is not None)
    return tuple(service.name or _name(experiment, item) for item, service in wanted)


def fleets_of(seen: SeenExperiment) -> tuple[Fleet, ...]:
    """The fleets of an Experiment, in the order of its templates."""
    return tuple(_fleet(seen, template) for template in seen.experiment.spec.templates)


def _fleet(seen: SeenExperiment, template: ExperimentTemplateSpec) -> Fleet:
    experiment = seen.experiment
    name = _name(experiment, template)
    found = next((item for item in seen.replica_sets if item.name == name), None)
    fleet = Fleet(
        template=template,
        name=name,
        hash=found.hash if found else _hash(experiment, template),
        before=next((item for item in experiment.status.template_statuses if item.name == template.name), None),
        found=found,
    )
    service = seen.services.get(fleet.service_name)
    return replace(fleet, service=service, trouble=_trouble(seen, fleet, service))


def _name(experiment: Experiment, template: ExperimentTemplateSpec) -> str:
    return f"{experiment.name}-{template.name}"


def _hash(experiment: Experiment, template: ExperimentTemplateSpec) -> str:
    """A name for the fleet's pods.

    It holds the names of Experiment and template: the pods of a Rollout may have the very same template, and must not
    be taken for these.
    """
    return template_hash({"experiment": experiment.name, "name": template.name, "template": template.template})


def _trouble(seen: SeenExperiment, fleet: Fleet, service: Service | None) -> str:
    refusal = seen.answers.get(Created(fleet.name))
    if fleet.found is None and isinstance(refusal, Refused):
        return f"Failed to create ReplicaSet for template '{fleet.template.name}': {refusal.message}"
    if service is not None and not service.metadata.is_controlled_by(seen.experiment.metadata):
        return f"Service '{fleet.service_name}' is not this Experiment's own: choose another name for the Service"
    if fleet.service_name and not service_ports(fleet):
        return f"Service '{fleet.service_name}' needs a port: template '{fleet.template.name}' names no containerPort"
    return ""


def replica_set_manifest(experiment: Experiment, fleet: Fleet) -> Manifest:
    """The ReplicaSet of a fleet as it is created."""
    template: dict[str, Any] = dict(fleet.template.template)
    labels = labels_of(template) | {keys.POD_TEMPLATE_HASH: fleet.hash}
    template["metadata"] = dict(template.get("metadata") or {}) | {"labels": labels}
    selector = to_builtins(fleet.template.selector)
    selector["matchLabels"] = selector.get("matchLabels", {}) | {keys.POD_TEMPLATE_HASH: fleet.hash}
    return {
        "apiVersion": REPLICA_SET.api_version,
        "kind": REPLICA_SET.kind,
        "metadata": _metadata(experiment, fleet, fleet.name, labels),
        "spec": {
            "replicas": fleet.replicas,
            "minReadySeconds": fleet.template.min_ready_seconds,
            "selector": selector,
            "template": template,
        },
    }


def service_manifest(experiment: Experiment, fleet: Fleet) -> Manifest:
    """The Service of a fleet as it is created: it selects the fleet's pods alone."""
    labels = labels_of(fleet.template.template) | {keys.POD_TEMPLATE_HASH: fleet.hash}
    return {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.kind,
        "metadata": _metadata(experiment, fleet, fleet.service_name, {}),
        "spec": {"selector": labels, "ports": service_ports(fleet)},
    }


def service_ports(fleet: Fleet) -> list[dict[str, Any]]:
    """A Service's ports: those of the containers, under the same numbers and names."""
    containers = (fleet.template.template.get("spec") or {}).get("containers") or ()
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for port in (port for container in containers for port in container.get("ports") or ()):
        number, protocol = port["containerPort"], port.get("protocol", "TCP")
        name = port.get("name") or f"port-{number}-{protocol.lower()}"
        found[number, protocol] = {"name": name, "port": number, "targetPort": number, "protocol": protocol}
    return list(found.values())


def _metadata(experiment: Experiment, fleet: Fleet, name: str, labels: dict[str, str]) -> Manifest:
    return {
        "name": name,
        "namespace": experiment.metadata.namespace,
        "labels": labels,
        "annotations": {keys.EXPERIMENT: experiment.name, keys.EXPERIMENT_TEMPLATE: fleet.template.name},
        "ownerReferences": [experiment.owner_reference],
    }
