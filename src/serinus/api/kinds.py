"""The kinds that we name, and the API paths under which they are found."""

from typing import Any

from msgspec import Struct

GROUP = "argoproj.io"
GROUP_VERSION = "argoproj.io/v1alpha1"


class Kind(Struct, frozen=True):
    """A kind of object and where the API keeps it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def full_name(self) -> str:
        """The kind with its version and group, as kubectl takes it: Istio and App Mesh both have VirtualServices."""
        group, _, version = self.api_version.rpartition("/")
        return ".".join(part for part in (self.kind, version, group) if part)

    @property
    def root(self) -> str:
        """The path of the kind's group and version."""
        return f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The path of one object, or, without a name, of the list."""
        place = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        parts = [f"{self.root}{place}/{self.plural}", name, subresource]
        return "/".join(part for part in parts if part)

    def owner(self, name: str, uid: str) -> dict[str, Any]:
        """The reference that makes an object the own one of an object of this kind: deleted with it."""
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": name,
            "uid": uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }


ROLLOUT = Kind(GROUP_VERSION, "Rollout", "rollouts")
EXPERIMENT = Kind(GROUP_VERSION, "Experiment", "experiments")
ANALYSIS_RUN = Kind(GROUP_VERSION, "AnalysisRun", "analysisruns")
ANALYSIS_TEMPLATE = Kind(GROUP_VERSION, "AnalysisTemplate", "analysistemplates")
CLUSTER_ANALYSIS_TEMPLATE = Kind(GROUP_VERSION, "ClusterAnalysisTemplate", "clusteranalysistemplates", namespaced=False)

POD = Kind("v1", "Pod", "pods")
SERVICE = Kind("v1", "Service", "services")
SECRET = Kind("v1", "Secret", "secrets")
EVENT = Kind("v1", "Event", "events")
NAMESPACE = Kind("v1", "Namespace", "namespaces", namespaced=False)
REPLICA_SET = Kind("apps/v1", "ReplicaSet", "replicasets")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
POD_TEMPLATE = Kind("v1", "PodTemplate", "podtemplates")
HORIZONTAL_POD_AUTOSCALER = Kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
JOB = Kind("batch/v1", "Job", "jobs")
INGRESS = Kind("networking.k8s.io/v1", "Ingress", "ingresses")
ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
LEASE = Kind("coordination.k8s.io/v1", "Lease", "leases")
CUSTOM_RESOURCE_DEFINITION = Kind(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
