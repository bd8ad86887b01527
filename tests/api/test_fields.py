"""Every field of Argo Rollouts' five kinds is there, under its own name, and no other.

The tables were made from its documentation and definitions, not from our types. A path names the fields of what it
leads to: ``[]`` are the items of a list, ``{}`` the values of a map.
"""

from typing import Any

import pytest

from serinus.api.crds import manifests

SELECTOR = {"": "matchLabels matchExpressions", ".matchExpressions[]": "key operator values"}
METADATA = {"": "labels annotations"}
RUN_ARGUMENTS = {
    "": "name value valueFrom",
    ".valueFrom": "podTemplateHashValue fieldRef",
    ".valueFrom.fieldRef": "fieldPath",
}
ARGUMENTS = {
    "": "name value valueFrom",
    ".valueFrom": "secretKeyRef fieldRef",
    ".valueFrom.secretKeyRef": "name key",
    ".valueFrom.fieldRef": "fieldPath",
}
CONDITION = "type status lastUpdateTime lastTransitionTime reason message"


def under(path: str, table: dict[str, str]) -> dict[str, str]:
    return {path + key: names for key, names in table.items()}


ANALYSIS_LISTS = {
    ".dryRun[]": "metricName",
    ".measurementRetention[]": "metricName limit",
}
ROLLOUT_ANALYSIS = (
    {"": "templates args dryRun measurementRetention analysisRunMetadata", ".templates[]": "templateName clusterScope"}
    | ANALYSIS_LISTS
    | under(".args[]", RUN_ARGUMENTS)
    | under(".analysisRunMetadata", METADATA)
)
ANTI_AFFINITY = {
    "": "preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution",
    ".preferredDuringSchedulingIgnoredDuringExecution": "weight",
    ".requiredDuringSchedulingIgnoredDuringExecution": "",
}
BLUE_GREEN = (
    {
        "": """activeService previewService previewReplicaCount autoPromotionEnabled autoPromotionSeconds maxUnavailable
            scaleDownDelaySeconds scaleDownDelayRevisionLimit abortScaleDownDelaySeconds prePromotionAnalysis
            postPromotionAnalysis antiAffinity previewMetadata activeMetadata""",
    }
    | under(".prePromotionAnalysis", ROLLOUT_ANALYSIS)
    | under(".postPromotionAnalysis", ROLLOUT_ANALYSIS)
    | under(".antiAffinity", ANTI_AFFINITY)
    | under(".previewMetadata", METADATA)
    | under(".activeMetadata", METADATA)
)
STRING_MATCH = {"": "exact prefix regex"}
EXPERIMENT_STEP = (
    {
        "": "templates duration analyses dryRun analysisRunMetadata scaleDownDelaySeconds",
        ".templates[]": "name specRef replicas metadata selector weight service",
        ".templates[].service": "name",
        ".analyses[]": "name templateName clusterScope args requiredForCompletion",
        ".dryRun[]": "metricName",
    }
    | under(".templates[].metadata", METADATA)
    | under(".templates[].selector", SELECTOR)
    | under(".analyses[].args[]", RUN_ARGUMENTS)
    | under(".analysisRunMetadata", METADATA)
)
STEP = (
    {
        "": "setWeight pause experiment analysis setCanaryScale setHeaderRoute setMirrorRoute plugin",
        ".pause": "duration",
        ".setCanaryScale": "weight replicas matchTrafficWeight",
        ".setHeaderRoute": "name match",
        ".setHeaderRoute.match[]": "headerName headerValue",
        ".setMirrorRoute": "name match percentage",
        ".setMirrorRoute.match[]": "method path headers",
        ".plugin": "name config",
    }
    | under(".setHeaderRoute.match[].headerValue", STRING_MATCH)
    | under(".setMirrorRoute.match[].method", STRING_MATCH)
    | under(".setMirrorRoute.match[].path", STRING_MATCH)
    | under(".setMirrorRoute.match[].headers{}", STRING_MATCH)
    | under(".analysis", ROLLOUT_ANALYSIS)
    | under(".experiment", EXPERIMENT_STEP)
)
VIRTUAL_SERVICE = {
    "": "name routes tlsRoutes tcpRoutes",
    ".tlsRoutes[]": "port sniHosts",
    ".tcpRoutes[]": "port",
}
TRAFFIC_ROUTING = (
    {
        "": """istio nginx alb smi ambassador appMesh traefik apisix plugins managedRoutes maxTrafficWeight""",
        ".istio": "virtualService virtualServices destinationRule",
        ".istio.destinationRule": "name canarySubsetName stableSubsetName additionalSubsetNames",
        ".nginx": """annotationPrefix stableIngress stableIngresses additionalIngressAnnotations
            canaryIngressAnnotations""",
        ".alb": "ingress ingresses servicePort rootService annotationPrefix stickinessConfig",
        ".alb.stickinessConfig": "enabled durationSeconds",
        ".smi": "rootService trafficSplitName",
        ".ambassador": "mappings",
        ".appMesh": "virtualService virtualNodeGroup",
        ".appMesh.virtualService": "name routes",
        ".appMesh.virtualNodeGroup": "canaryVirtualNodeRef stableVirtualNodeRef",
        ".appMesh.virtualNodeGroup.canaryVirtualNodeRef": "name",
        ".appMesh.virtualNodeGroup.stableVirtualNodeRef": "name",
        ".traefik": "weightedTraefikServiceName",
        ".apisix": "route",
        ".apisix.route": "name rules",
        ".managedRoutes[]": "name",
    }
    | under(".istio.virtualService", VIRTUAL_SERVICE)
    | under(".istio.virtualServices[]", VIRTUAL_SERVICE)
)
CANARY = (
    {
        "": """canaryService stableService steps trafficRouting maxUnavailable maxSurge analysis antiAffinity
            canaryMetadata stableMetadata scaleDownDelaySeconds scaleDownDelayRevisionLimit abortScaleDownDelaySeconds
            dynamicStableScale pingPong minPodsPerReplicaSet replicaProgressThreshold""",
        ".pingPong": "pingService pongService",
        ".replicaProgressThreshold": "type value",
    }
    | under(".steps[]", STEP)
    | under(".trafficRouting", TRAFFIC_ROUTING)
    | under(".analysis", ROLLOUT_ANALYSIS)
    | {".analysis": ROLLOUT_ANALYSIS[""] + " startingStep"}
    | under(".antiAffinity", ANTI_AFFINITY)
    | under(".canaryMetadata", METADATA)
    | under(".stableMetadata", METADATA)
)
WEIGHT = "weight serviceName podTemplateHash"
RUN_STATUS = "name status message"
ALB_STATUS = {"": "loadBalancer canaryTargetGroup stableTargetGroup ingress"} | {
    f".{part}": "name arn fullName" for part in ("loadBalancer", "canaryTargetGroup", "stableTargetGroup")
}
ROLLOUT_STATUS = (
    {
        "": """abort abortedAt pauseConditions controllerPause currentPodHash currentStepHash currentStepIndex stableRS
            replicas updatedReplicas readyReplicas availableReplicas HPAReplicas selector collisionCount
            observedGeneration workloadObservedGeneration conditions phase message promoteFull restartedAt canary
            blueGreen alb albs duration""",
        ".pauseConditions[]": "reason startTime",
        ".conditions[]": CONDITION,
        ".canary": """currentStepAnalysisRunStatus currentBackgroundAnalysisRunStatus currentExperiment weights
            stablePingPong stepPluginStatuses""",
        ".canary.currentStepAnalysisRunStatus": RUN_STATUS,
        ".canary.currentBackgroundAnalysisRunStatus": RUN_STATUS,
        ".canary.weights": "canary stable additional verified",
        ".canary.weights.canary": WEIGHT,
        ".canary.weights.stable": WEIGHT,
        ".canary.weights.additional[]": WEIGHT,
        ".canary.stepPluginStatuses[]": """index name message phase operation status startedAt updatedAt finishedAt
            backoff executions disabled""",
        ".blueGreen": """previewSelector activeSelector scaleUpPreviewCheckPoint prePromotionAnalysisRunStatus
            postPromotionAnalysisRunStatus""",
        ".blueGreen.prePromotionAnalysisRunStatus": RUN_STATUS,
        ".blueGreen.postPromotionAnalysisRunStatus": RUN_STATUS,
        ".duration": """rolloutStartedAt manualPauseStartedAt totalManualPauseDurationSeconds finishedAt
            completionStatus""",
    }
    | under(".alb", ALB_STATUS)
    | under(".albs[]", ALB_STATUS)
)
ROLLOUT = (
    {
        "": "apiVersion kind metadata spec status",
        ".spec": """replicas selector template workloadRef minReadySeconds rollbackWindow strategy revisionHistoryLimit
            paused progressDeadlineSeconds progressDeadlineAbort restartAt analysis""",
        ".spec.workloadRef": "apiVersion kind name scaleDown",
        ".spec.rollbackWindow": "revisions",
        ".spec.analysis": "successfulRunHistoryLimit unsuccessfulRunHistoryLimit",
        ".spec.strategy": "blueGreen canary",
    }
    | under(".spec.selector", SELECTOR)
    | under(".spec.strategy.blueGreen", BLUE_GREEN)
    | under(".spec.strategy.canary", CANARY)
    | under(".status", ROLLOUT_STATUS)
)
AUTHENTICATION = {
    "": "basicAuth oauth2 sigv4",
    ".basicAuth": "username password",
    ".oauth2": "tokenUrl clientId clientSecret scopes",
    ".sigv4": "region profile roleArn",
}
PROVIDER = (
    {
        "": """prometheus kayenta web datadog wavefront newRelic job cloudWatch graphite influxdb skywalking plugin""",
        ".prometheus": "address query timeout insecure headers rangeQuery authentication",
        ".prometheus.headers[]": "key value",
        ".prometheus.rangeQuery": "start end step",
        ".web": "url method headers body jsonBody timeoutSeconds jsonPath insecure authentication",
        ".web.headers[]": "key value",
        ".job": "metadata spec",
        ".job.metadata": "labels annotations",
        ".kayenta": """address application canaryConfigName metricsAccountName configurationAccountName
            storageAccountName threshold scopes lookback""",
        ".kayenta.threshold": "pass marginal",
        ".kayenta.scopes[]": "name controlScope experimentScope",
        ".kayenta.scopes[].controlScope": "scope region step start end",
        ".kayenta.scopes[].experimentScope": "scope region step start end",
        ".datadog": "apiVersion interval query queries formula aggregator requestTimeout secretRef",
        ".datadog.secretRef": "name namespaced",
        ".wavefront": "address query",
        ".newRelic": "profile query timeout",
        ".cloudWatch": "interval metricDataQueries",
        ".cloudWatch.metricDataQueries[]": "id expression label metricStat period returnData",
        ".cloudWatch.metricDataQueries[].metricStat": "metric period stat unit",
        ".cloudWatch.metricDataQueries[].metricStat.metric": "dimensions metricName namespace",
        ".cloudWatch.metricDataQueries[].metricStat.metric.dimensions[]": "name value",
        ".graphite": "address query",
        ".influxdb": "profile query",
        ".skywalking": "address query interval",
    }
    | under(".prometheus.authentication", AUTHENTICATION)
    | under(".web.authentication", AUTHENTICATION)
)
METRIC = {
    "": """name interval initialDelay count successCondition failureCondition failureLimit inconclusiveLimit
        consecutiveErrorLimit consecutiveSuccessLimit provider""",
} | under(".provider", PROVIDER)
MEASURED = under(".metrics[]", METRIC) | under(".args[]", ARGUMENTS) | ANALYSIS_LISTS
ANALYSIS_TEMPLATE = {
    "": "apiVersion kind metadata spec",
    ".spec": "metrics args dryRun measurementRetention templates",
    ".spec.templates[]": "templateName clusterScope",
} | under(".spec", MEASURED)
SUMMARY = "count successful failed inconclusive error"
ANALYSIS_RUN = {
    "": "apiVersion kind metadata spec status",
    ".spec": "metrics args terminate dryRun measurementRetention ttlStrategy",
    ".spec.ttlStrategy": "secondsAfterCompletion secondsAfterFailure secondsAfterSuccess",
    ".status": "phase message startedAt completedAt runSummary dryRunSummary metricResults",
    ".status.runSummary": SUMMARY,
    ".status.dryRunSummary": SUMMARY,
    ".status.metricResults[]": f"""name phase measurements message {SUMMARY} consecutiveError consecutiveSuccess dryRun
        metadata""",
    ".status.metricResults[].measurements[]": "phase message startedAt finishedAt value metadata resumeAt",
} | under(".spec", MEASURED)
EXPERIMENT = (
    {
        "": "apiVersion kind metadata spec status",
        ".spec": """templates duration progressDeadlineSeconds terminate analyses scaleDownDelaySeconds dryRun
            measurementRetention analysisRunMetadata""",
        ".spec.templates[]": "name replicas minReadySeconds selector template service",
        ".spec.templates[].service": "name",
        ".spec.analyses[]": "name templateName clusterScope args requiredForCompletion",
        ".status": "phase message availableAt templateStatuses analysisRuns conditions",
        ".status.templateStatuses[]": """name status message replicas updatedReplicas readyReplicas availableReplicas
            lastTransitionTime collisionCount serviceName podTemplateHash""",
        ".status.analysisRuns[]": "name analysisRun phase message",
        ".status.conditions[]": CONDITION,
    }
    | under(".spec", ANALYSIS_LISTS)
    | under(".spec.templates[].selector", SELECTOR)
    | under(".spec.analyses[].args[]", ARGUMENTS)
    | under(".spec.analysisRunMetadata", METADATA)
)
KINDS = {
    "AnalysisRun": ANALYSIS_RUN,
    "AnalysisTemplate": ANALYSIS_TEMPLATE,
    "ClusterAnalysisTemplate": ANALYSIS_TEMPLATE,
    "Experiment": EXPERIMENT,
    "Rollout": ROLLOUT,
}

INT_OR_STRING = {"x-kubernetes-int-or-string": True}
PRESERVED = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}
INT32 = {"type": "integer", "format": "int32"}
INT64 = {"type": "integer", "format": "int64"}
TIME = {"type": "string", "format": "date-time"}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}
TEXT_MAP = {"type": "object", "additionalProperties": TEXT}
TYPES = [
    ("Rollout", ".spec.template", PRESERVED),
    ("Rollout", ".spec.replicas", INT32),
    ("Rollout", ".spec.restartAt", TIME),
    ("Rollout", ".spec.selector.matchLabels", TEXT_MAP),
    ("Rollout", ".spec.strategy.canary.maxSurge", INT_OR_STRING),
    ("Rollout", ".spec.strategy.canary.maxUnavailable", INT_OR_STRING),
    ("Rollout", ".spec.strategy.blueGreen.maxUnavailable", INT_OR_STRING),
    ("Rollout", ".spec.strategy.blueGreen.autoPromotionEnabled", FLAG),
    ("Rollout", ".spec.strategy.canary.steps[].pause.duration", INT_OR_STRING),
    ("Rollout", ".spec.strategy.canary.steps[].experiment.duration", INT_OR_STRING),
    ("Rollout", ".spec.strategy.canary.steps[].plugin.config", ANYTHING),
    ("Rollout", ".spec.strategy.canary.trafficRouting.plugins{}", ANYTHING),
    ("Rollout", ".spec.strategy.canary.trafficRouting.istio.virtualService.tcpRoutes[].port", INT64),
    ("Rollout", ".spec.strategy.canary.trafficRouting.nginx.canaryIngressAnnotations", TEXT_MAP),
    ("Rollout", ".spec.strategy.canary.trafficRouting.nginx.stableIngresses", TEXTS),
    ("Rollout", ".status.observedGeneration", TEXT),
    ("Rollout", ".status.HPAReplicas", INT32),
    ("Rollout", ".status.abortedAt", TIME),
    ("Rollout", ".status.canary.stepPluginStatuses[].status", ANYTHING),
    *[
        ("AnalysisTemplate", f".spec.metrics[].{name}", INT_OR_STRING)
        for name in (
            "count",
            "failureLimit",
            "inconclusiveLimit",
            "consecutiveErrorLimit",
            "consecutiveSuccessLimit",
            "provider.cloudWatch.metricDataQueries[].period",
            "provider.cloudWatch.metricDataQueries[].metricStat.period",
        )
    ],
    ("AnalysisTemplate", ".spec.metrics[].interval", TEXT),
    ("AnalysisTemplate", ".spec.metrics[].provider.job.spec", PRESERVED),
    ("AnalysisTemplate", ".spec.metrics[].provider.web.jsonBody", ANYTHING),
    ("AnalysisTemplate", ".spec.metrics[].provider.plugin{}", ANYTHING),
    ("AnalysisTemplate", ".spec.metrics[].provider.prometheus.timeout", INT64),
    ("AnalysisTemplate", ".spec.metrics[].provider.datadog.queries", TEXT_MAP),
    ("Experiment", ".spec.templates[].template", PRESERVED),
    ("Experiment", ".spec.duration", INT_OR_STRING),
    ("AnalysisRun", ".status.metricResults[].measurements[].metadata", TEXT_MAP),
]
ITEM = "name"
REQUIRED = [
    ("Rollout", ".spec", set()),
    ("Rollout", ".spec.strategy.canary", set()),
    ("Rollout", ".spec.strategy.blueGreen", {"activeService"}),
    ("Rollout", ".spec.strategy.canary.steps[]", set()),
    ("Rollout", ".spec.strategy.canary.steps[].setHeaderRoute", set()),
    ("Rollout", ".spec.strategy.canary.steps[].setMirrorRoute", {ITEM}),
    ("Rollout", ".spec.strategy.canary.steps[].analysis.templates[]", set()),
    ("Rollout", ".spec.strategy.canary.steps[].analysis.args[]", {ITEM}),
    ("Rollout", ".spec.strategy.canary.steps[].experiment.templates[]", {ITEM, "specRef"}),
    ("Rollout", ".spec.strategy.canary.trafficRouting.alb", {"servicePort"}),
    ("Rollout", ".spec.strategy.canary.trafficRouting.nginx", set()),
    ("Rollout", ".status", set()),
    ("Rollout", ".status.canary.weights", {"canary", "stable"}),
    ("Rollout", ".status.canary.weights.canary", {"weight"}),
    ("Rollout", ".status.conditions[]", set(CONDITION.split())),
    ("Rollout", ".status.pauseConditions[]", {"reason", "startTime"}),
    ("Rollout", ".status.canary.currentStepAnalysisRunStatus", {ITEM, "status"}),
    ("Rollout", ".status.canary.stepPluginStatuses[]", {"index", ITEM, "operation"}),
    ("AnalysisTemplate", ".spec", set()),
    ("AnalysisTemplate", ".spec.metrics[]", {ITEM, "provider"}),
    ("AnalysisTemplate", ".spec.metrics[].provider.web", {"url"}),
    ("AnalysisTemplate", ".spec.metrics[].provider.prometheus", set()),
    ("AnalysisRun", ".spec", {"metrics"}),
    ("AnalysisRun", ".status.metricResults[]", {ITEM, "phase"}),
    ("Experiment", ".spec", {"templates"}),
    ("Experiment", ".spec.templates[]", {ITEM, "selector", "template"}),
    (
        "Experiment",
        ".status.templateStatuses[]",
        {ITEM, "replicas", "updatedReplicas", "readyReplicas", "availableReplicas"},
    ),
]

Nodes = dict[str, dict[str, Any]]


def walk(schema: dict[str, Any], path: str, found: Nodes) -> Nodes:
    """All nodes of a schema by their path."""
    found[path] = schema
    for name, child in schema.get("properties", {}).items():
        walk(child, f"{path}.{name}", found)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema:
            walk(schema[key], path + mark, found)
    return found


NODES = {
    manifest["spec"]["names"]["kind"]: walk(manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "", {})
    for manifest in manifests(own_fields=False)
}


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without its words."""
    return {
        key: plain(value) if isinstance(value, dict) else value for key, value in schema.items() if key != "description"
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_object_has_exactly_the_fields_of_the_tables(kind: str) -> None:
    fields = {path: set(node["properties"]) for path, node in NODES[kind].items() if "properties" in node}
    wanted = {path: set(names.split()) for path, names in KINDS[kind].items()}
    assert fields == {path: names for path, names in wanted.items() if names}


@pytest.mark.parametrize(("kind", "path", "schema"), TYPES)
def test_a_field_has_its_type(kind: str, path: str, schema: dict[str, Any]) -> None:
    assert plain(NODES[kind][path]) == schema


@pytest.mark.parametrize(("kind", "path", "names"), REQUIRED)
def test_an_object_requires_what_argo_rollouts_requires(kind: str, path: str, names: set[str]) -> None:
    assert set(NODES[kind][path].get("required", ())) == names
