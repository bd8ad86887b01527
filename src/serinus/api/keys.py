"""Labels and annotations that carry meaning between controller, cluster and user.

The names are Argo Rollouts' own, to the letter: manifests, dashboards and scripts of its users rely on them. Those
under ``rollout.serinus.dev`` are ours, and stand only on objects whose schema does not prune them.
"""

POD_TEMPLATE_HASH = "rollouts-pod-template-hash"
REVISION = "rollout.argoproj.io/revision"
REVISION_HISTORY = "rollout.argoproj.io/revision-history"
DESIRED_REPLICAS = "rollout.argoproj.io/desired-replicas"
WORKLOAD_GENERATION = "rollout.argoproj.io/workload-generation"
EPHEMERAL_METADATA = "rollout.argoproj.io/ephemeral-metadata"
SCALE_DOWN_DEADLINE = "scale-down-deadline"
MANAGED_BY = "argo-rollouts.argoproj.io/managed-by-rollouts"
EXPERIMENT = "experiment.argoproj.io/name"
EXPERIMENT_TEMPLATE = "experiment.argoproj.io/template-name"
ROLLOUT_TYPE = "rollout-type"
STEP_INDEX = "step-index"
INSTANCE_ID = "argo-rollouts.argoproj.io/controller-instance-id"
NOTIFIED = "notified.notifications.argoproj.io"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
INGRESS_CLASS = "kubernetes.io/ingress.class"

POD_HASH_VERSION = "rollout.serinus.dev/pod-hash-version"
"""On a ReplicaSet: the version of our pod-template hash that named it; absent on those of another controller."""
COVERED_METADATA = "rollout.serinus.dev/covered-metadata"
"""On a ReplicaSet: what ephemeral metadata cover of the template's own labels and annotations, as JSON."""
PODS_BEHIND = "rollout.serinus.dev/pods-behind"
"""On a ReplicaSet: the change of metadata that its pods may not have yet, as a merge patch."""
REPLICAS_BEFORE = "rollout.serinus.dev/replicas-before"
"""On a Deployment: how many pods it had before a Rollout that takes its template from it scaled it down."""
EJECTED_FROM = "rollout.serinus.dev/ejected-from"
"""On a Deployment: the uid of the Rollout in whose place it was made."""
CANARY_DESTINATIONS = "rollout.serinus.dev/canary-destinations"
"""On a VirtualService: the destinations that lead to canaries, kept as they were while they are not in its routes."""
GATEWAY_ADDITIONS = "rollout.serinus.dev/gateway-additions"
"""On a Gateway API route: what was put into its weighted rules for a time, so that it can be taken out again."""

NOTES = ("rollout.serinus.dev/", "rollouts.argoproj.io/", MANAGED_BY)
"""How annotations begin that we leave on objects of other people."""

FIELD_MANAGER = "serinus"
"""The name under which the API notes which fields we have written."""
ARGO_FIELD_MANAGER = "rollouts-controller"
"""The same of Argo Rollouts."""
