"""The real cluster, as its users meet it."""

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.cluster

RIGHTS = [
    ("create", "rollouts.argoproj.io"),
    ("patch", "rollouts.argoproj.io/status"),
    ("update", "rollouts.argoproj.io/scale"),
    ("delete", "analysisruns.argoproj.io"),
    ("create", "replicasets.apps"),
    ("patch", "services"),
    ("delete", "ingresses.networking.k8s.io"),
    ("create", "pods/eviction"),
    ("update", "deployments.apps"),
    ("patch", "events"),
    ("update", "leases.coordination.k8s.io"),
    ("create", "jobs.batch"),
    ("get", "secrets"),
    ("watch", "configmaps"),
]
NO_RIGHTS = [
    ("delete", "pods"),
    ("create", "pods"),
    ("create", "secrets"),
    ("delete", "deployments.apps"),
    ("create", "clusterroles.rbac.authorization.k8s.io"),
    ("impersonate", "users"),
    ("get", "nodes"),
    ("create", "customresourcedefinitions.apiextensions.k8s.io"),
]


def call(server: str, path: str, ca: Path, token: str | None = None) -> int:
    """Ask the API and return the status of its answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(server + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10, context=ssl.create_default_context(cafile=ca)) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_the_api_is_ready_and_of_the_version_that_the_sources_name(cluster) -> None:
    found = json.loads(cluster.kubectl("version", "--output=json"))["serverVersion"]
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"
    assert (found["gitVersion"], found["major"], found["minor"]) == ("v1.34.4", "1", "34")


def test_only_who_has_a_token_may_read(cluster) -> None:
    assert call(cluster.server, "/api/v1/secrets", cluster.ca, cluster.admin_token) == 200
    assert call(cluster.server, "/api/v1/secrets", cluster.ca, "wrong") == 401
    assert call(cluster.server, "/api/v1/secrets", cluster.ca) == 403


def test_the_api_proves_itself_with_the_clusters_own_authority(cluster) -> None:
    with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
        urllib.request.urlopen(f"{cluster.server}/readyz", timeout=10)


def test_etcd_refuses_who_has_no_certificate(cluster) -> None:
    flags = command_line(json.loads((cluster.folder / "state.json").read_text())["pids"]["etcd"])
    for kind in ("listen-client-urls", "listen-peer-urls"):
        url = next(flag.partition("=")[2] for flag in flags if flag.startswith(f"--{kind}="))
        trusting = ssl.create_default_context(cafile=cluster.folder / "pki/serinus-etcd-ca.crt")
        assert url.startswith("https://127.0.0.1:")
        with pytest.raises((OSError, urllib.error.URLError), match=r"(?i)certificate required|bad certificate|reset"):
            urllib.request.urlopen(f"{url}/version", timeout=10, context=trusting)


def command_line(pid: int) -> Sequence[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


@pytest.mark.parametrize(("verb", "resource"), RIGHTS)
def test_the_controller_may_do_its_work(verb: str, resource: str, cluster) -> None:
    assert may(cluster, verb, resource) == "yes"


@pytest.mark.parametrize(("verb", "resource"), NO_RIGHTS)
def test_the_controller_may_do_nothing_else(verb: str, resource: str, cluster) -> None:
    assert may(cluster, verb, resource) == "no"


def may(cluster, verb: str, resource: str) -> str:
    """Ask the API, as the controller, for a right."""
    kind, _, sub = resource.partition("/")
    flags = [f"--subresource={sub}"] if sub else []
    answer = cluster.kubectl(
        "auth", "can-i", verb, kind, *flags, "--all-namespaces", context=cluster.controller_context, check=False
    )
    return answer.strip().splitlines()[-1]


def test_our_kinds_are_served(cluster) -> None:
    names = cluster.kubectl("api-resources", "--api-group=argoproj.io", "--output=name").split()
    assert sorted(name.partition(".")[0] for name in names) == [
        "analysisruns",
        "analysistemplates",
        "clusteranalysistemplates",
        "experiments",
        "rollouts",
    ]


def test_every_file_with_a_secret_is_its_owners_alone(cluster) -> None:
    secrets = [*cluster.folder.rglob("*.key"), *cluster.folder.rglob("*kubeconfig*"), cluster.folder / "tokens.csv"]
    assert len(secrets) >= 6
    assert {oct(path.stat().st_mode & 0o777) for path in secrets} == {"0o600"}
    assert oct(cluster.folder.stat().st_mode & 0o777) == "0o700"


def test_the_audit_log_tells_who_wrote_and_hides_what(cluster, namespace: str) -> None:
    cluster.kubectl("--namespace", namespace, "create", "secret", "generic", "s", "--from-literal=password=canary-bird")
    lines = [json.loads(line) for line in cluster.audit_log.read_text().splitlines()]
    writes = [
        line
        for line in lines
        if line["verb"] == "create" and line.get("objectRef", {}).get("resource") == "secrets"
        if line["objectRef"]["namespace"] == namespace
    ]
    assert [write["user"]["username"] for write in writes] == ["serinus-admin"]
    assert "canary-bird" not in cluster.audit_log.read_text()


def test_no_token_is_in_a_log_or_in_the_state_file(cluster) -> None:
    texts = [path.read_text(errors="replace") for path in (cluster.folder / "logs").iterdir()]
    texts += [cluster.audit_log.read_text(), (cluster.folder / "state.json").read_text()]
    assert len(texts) >= 5
    assert not any(token in text for text in texts for token in (cluster.admin_token, cluster.controller_token))


DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.21.0
        ports: [{containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  rules:
  - host: HOST
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


def test_a_deployment_serves_traffic_through_nginx_and_has_logs(cluster, namespace: str) -> None:
    host = f"{namespace}.example.com"
    cluster.kubectl("--namespace", namespace, "apply", "--filename=-", stdin=DEPLOYMENT.replace("HOST", host))
    cluster.kubectl("--namespace", namespace, "rollout", "status", "deployment/web", "--timeout=60s")
    assert "nginx:1.21.0" in fetch(cluster.gateways["nginx"], host)
    assert cluster.kubectl("--namespace", namespace, "logs", "deployment/web")


def fetch(address: str, host: str) -> str:
    """Get / through a gateway, as soon as it knows the host."""
    request = urllib.request.Request(f"http://{address}/", headers={"Host": host})
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError as error:
            error.close()
        time.sleep(0.02)
    raise AssertionError(f"nginx does not serve {host}")


def test_what_a_namespace_owned_is_removed_with_it(cluster, namespace: str) -> None:
    cluster.kubectl("--namespace", namespace, "apply", "--filename=-", stdin=DEPLOYMENT.replace("HOST", "example.com"))
    cluster.kubectl("delete", "namespace", namespace, "--timeout=60s")
    assert "NotFound" in cluster.kubectl("get", "namespace", namespace, check=False)


def test_the_kubeconfig_names_two_users_and_starts_with_the_admin(cluster) -> None:
    found = yaml.safe_load(cluster.kubeconfig.read_text())
    assert found["current-context"] == "serinus-tests"
    assert [context["name"] for context in found["contexts"]] == ["serinus-tests", "serinus-tests-controller"]
