"""From manifests to findings: the lines that people read."""

import pytest

from serinus.lint.check import check
from serinus.plugins import routers

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: shop
spec:
  replicas: 5
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
        - name: web
          image: nginx:1
  strategy:
    canary:
      canaryService: canary
      stableService: stable
      trafficRouting:
        nginx:
          stableIngress: web
      steps:
        - setWeight: 20
        - pause: {duration: 5m}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: canary
spec:
  selector: {app: shop}
  ports: [{port: 80}]
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: stable, port: {number: 80}}}
"""


def lines(*texts: str) -> list[str]:
    named = {f"{name}.yaml": text for name, text in zip("abc", texts, strict=False)}
    return [str(finding) for finding in check(named, routers()).findings]


def test_what_is_right_is_not_told() -> None:
    assert lines(f"{ROLLOUT}---\n{SERVICE}---\n{INGRESS}") == []
    assert lines(ROLLOUT, SERVICE, INGRESS) == []


def test_what_the_files_do_not_hold_is_taken_to_be_right() -> None:
    assert lines(ROLLOUT) == []
    assert lines(ROLLOUT, INGRESS.replace("name: web", "name: other")) == []


# what is changed in the Rollout, and the findings, without the file and the object
CASES = [
    ("replicas: 5", "replica: 5", ['6:3: unknown field "spec.replica"; did you mean "replicas"?']),
    ("replicas: 5", "replicas: -1", ["6:3: spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
    ("replicas: 5", "replicas: five", ['6:3: spec.replicas: Invalid value: "five": must be a whole number']),
    ("replicas: 5", "replicas: 5\n  replicas: 6", ['7:3: key "spec.replicas" is there twice']),
    ("replicas: 5", "restartAt: soon", ["6:3: spec.restartAt: Invalid RFC3339 encoded datetime"]),
    (
        "image:",
        "imgae:",
        ['15:11: unknown field "spec.template.spec.containers[0].imgae"; did you mean "image"?'],
    ),
    (
        "- name: web\n          image",
        "- image",
        ["14:11: spec.template.spec.containers[0].name: Required value"],
    ),
    (
        "setWeight: 20",
        "setWeight: 120",
        ["24:11: spec.strategy.canary.steps[0].setWeight: Invalid value: 120: SetWeight needs to be between 0 and 100"],
    ),
    (
        "duration: 5m",
        "duration: soon",
        [
            (
                '25:19: spec.strategy.canary.steps[1].pause.duration: Invalid value: "soon": '
                "is no length of time: write seconds, or 30s, 5m, 1h"
            )
        ],
    ),
    (
        "{app: shop}\n  template",
        "{app: shoe}\n  template",
        [
            (
                '11:7: spec.template.metadata.labels: Invalid value: {"app":"shop"}: '
                "`selector` app=shoe does not match template labels"
            )
        ],
    ),
    (
        "name: shop\n",
        "name: shop\n  annotations: {a.b/c: 1}\n",
        ["5:17: metadata.annotations[a.b/c]: Invalid value: 1: must be text: put it in quotes"],
    ),
    (
        "stableService: stable",
        "stableService: canary",
        [
            (
                '19:7: spec.strategy.canary.stableService: Invalid value: "canary": '
                "stable and canary need two different Services"
            )
        ],
    ),
    (
        "setWeight: 20",
        "setWieght: 20",
        ['24:11: unknown field "spec.strategy.canary.steps[0].setWieght"; did you mean "setWeight"?'],
    ),
    (
        "        nginx:\n",
        "        ngnix:\n",
        ['21:9: unknown field "spec.strategy.canary.trafficRouting.ngnix"; did you mean "nginx"?'],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_each_finding_says_where_and_what(old: str, new: str, expected: list[str]) -> None:
    assert old in ROLLOUT
    found = [line.replace("Rollout shop: ", "").removeprefix("a.yaml:") for line in lines(ROLLOUT.replace(old, new, 1))]
    assert found == expected


def test_everything_is_told_and_not_only_the_first() -> None:
    text = (
        ROLLOUT.replace("setWeight: 20", "setWeight: 120").replace("5m", "soon").replace("replicas: 5", "replicas: -5")
    )
    assert [line.split(":")[1] for line in lines(text)] == ["6", "24", "25"]


def test_objects_of_other_files_are_looked_at_too() -> None:
    text = INGRESS.replace("name: stable", "name: old")
    path = "spec.strategy.canary.trafficRouting.nginx"
    message = "Invalid value: ingress `web` has no rules using service stable backend"
    assert lines(ROLLOUT, text) == [f"a.yaml:21:9: Rollout shop: {path}: {message}"]
    assert lines(ROLLOUT, SERVICE.replace("app: shop", "app: shoe")) == [
        (
            'a.yaml:18:7: Rollout shop: spec.strategy.canary.canaryService: Invalid value: "canary": '
            'Service "canary" has unmatch label "app" in rollout'
        )
    ]


@pytest.mark.parametrize(
    ("rollout", "service", "count"), [("east", "east", 1), ("east", "", 1), ("", "east", 1), ("east", "west", 0)]
)
def test_an_object_without_a_namespace_may_be_meant_for_any(rollout: str, service: str, count: int) -> None:
    def put(text: str, name: str, namespace: str) -> str:
        return text.replace(f"name: {name}\n", f"name: {name}\n  namespace: {namespace}\n", 1) if namespace else text

    wrong = SERVICE.replace("app: shop", "app: shoe")
    assert len(lines(put(ROLLOUT, "shop", rollout), put(wrong, "canary", service))) == count


def test_of_several_objects_of_a_name_that_of_the_same_file_counts() -> None:
    wrong, right = SERVICE.replace("app: shop", "app: shoe"), SERVICE
    assert lines(f"{ROLLOUT}---\n{right}", wrong) == []
    assert len(lines(f"{ROLLOUT}---\n{wrong}", right)) == 1
    assert lines(ROLLOUT, wrong, right) == []


REFERRING = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  strategy: {canary: {canaryService: canary}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
"""


def test_pods_of_another_workload_are_looked_at_where_the_files_hold_it() -> None:
    assert lines(REFERRING, SERVICE) == []
    assert lines(REFERRING, SERVICE, DEPLOYMENT) == []
    (line,) = lines(REFERRING, SERVICE, DEPLOYMENT.replace("labels: {app: shop}", "labels: {app: shoe}"))[1:]
    assert line.endswith('Service "canary" has unmatch label "app" in rollout')
    (line,) = lines(REFERRING.replace("Deployment", "StatefulSet"))
    assert line.startswith("a.yaml:5:3: Rollout shop: spec.workloadRef: Invalid value: ")


def test_typos_in_services_and_ingresses_are_found() -> None:
    assert lines(SERVICE.replace("ports", "port"), INGRESS.replace("pathType", "pathtype")) == [
        'a.yaml:7:3: Service canary: unknown field "spec.port"; did you mean "ports"?',
        "b.yaml:9:13: Ingress web: spec.rules[0].http.paths[0].pathType: Required value",
        'b.yaml:10:13: Ingress web: unknown field "spec.rules[0].http.paths[0].pathtype"; did you mean "pathType"?',
    ]


def test_other_kinds_and_empty_documents_are_left_alone() -> None:
    assert lines("kind: DaemonSet\napiVersion: apps/v1\nspec: {replica: 1}\n---\n---\n- a list\n---\ntext\n") == []


def test_a_text_that_is_no_yaml_does_not_hide_the_other_files() -> None:
    assert lines("a: [1\n", ROLLOUT.replace("replicas: 5", "replicas: -1")) == [
        "a.yaml:2:1: while parsing a flow sequence: did not find expected ',' or ']'",
        "b.yaml:6:3: Rollout shop: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
    ]


def test_a_router_by_plugin_may_be_installed_in_the_cluster() -> None:
    text = ROLLOUT.replace("        nginx:\n          stableIngress: web\n", "        plugins: {org/mesh: {a: 1}}\n")
    managed = text.replace("plugins:", "managedRoutes: [{name: vip}]\n        plugins:")
    step = "- setHeaderRoute: {name: vip, match: [{headerName: x, headerValue: {exact: y}}]}"
    assert lines(text) == []
    assert lines(managed.replace("- setWeight: 20", step)) == []


def test_a_virtual_service_in_the_files_is_checked() -> None:
    istio = "        istio: {virtualService: {name: web, routes: [main]}}\n"
    text = ROLLOUT.replace("        nginx:\n          stableIngress: web\n", istio)
    service = (
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\n"
        "spec:\n  http: [{name: other, route: [{destination: {host: stable}}, {destination: {host: canary}}]}]\n"
    )
    assert lines(text) == []
    (line,) = lines(text, service)
    assert line.startswith("a.yaml:21:")
    assert "HTTP Route 'main' is not found in the defined Virtual Service." in line
