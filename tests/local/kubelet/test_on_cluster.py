"""The kubelet on a real cluster, as kubectl and other controllers see it."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
import yaml

pytestmark = pytest.mark.cluster

PATIENCE = 60.0
LISTENS = "local.serinus.dev/listens"


class Cluster(Protocol):
    """What these tests need of the cluster's fixture."""

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True) -> str: ...


class Space:
    """One namespace."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster = cluster
        self.name = name

    def __call__(self, *args: str, stdin: str | None = None, check: bool = True) -> str:
        return self._cluster.kubectl("-n", self.name, *args, stdin=stdin, check=check)

    def apply(self, manifest: str) -> None:
        self("apply", "-f", "-", stdin=manifest)

    def pod(self, name: str, spec: str, **metadata: Any) -> None:
        """Create a pod from the YAML of its spec."""
        about = {"name": name, **metadata}
        self.apply(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": yaml.safe_load(spec)}))

    def get(self, *args: str) -> Any:
        return json.loads(self("get", *args, "-o", "json"))

    def wait(self, what: str, until: str) -> None:
        self("wait", what, f"--for={until}", f"--timeout={PATIENCE:.0f}s")

    def until(self, what: str, holds: Callable[[Any], object]) -> Any:
        """Read an object until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not holds(found := self.get(what)):
            assert time.monotonic() < deadline, f"{what} stays {json.dumps(found.get('status'), indent=1)}"
            time.sleep(0.1)
        return found

    def events(self, pod: str) -> list[tuple[str, str]]:
        found = self.get("events", f"--field-selector=involvedObject.name={pod}")["items"]
        return [(event["reason"], event["message"]) for event in found]


@pytest.fixture
def space(cluster: Cluster, namespace: str) -> Space:
    return Space(cluster, namespace)


def container(pod: dict[str, Any], kind: str = "containerStatuses") -> dict[str, Any]:
    statuses = pod["status"].get(kind)
    return statuses[0] if statuses else {"state": {}, "lastState": {}, "restartCount": 0}


def waits_for(reason: str) -> Callable[[dict[str, Any]], bool]:
    return lambda pod: container(pod)["state"].get("waiting", {}).get("reason") == reason


@contextmanager
def asked(pod: dict[str, Any], port: int = 80) -> Iterator[http.client.HTTPConnection]:
    """Send a request to the place where a pod really listens; the answer is yours to read."""
    host, _, real = json.loads(pod["metadata"]["annotations"][LISTENS])[str(port)].rpartition(":")
    connection = http.client.HTTPConnection(host, int(real), timeout=PATIENCE)
    connection.request("GET", "/")
    try:
        yield connection
    finally:
        connection.close()


def refuses(pod: dict[str, Any]) -> bool:
    try:
        with asked(pod):
            return False
    except ConnectionRefusedError:
        return True


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
      - {name: nginx, image: "nginx:1.21.0", ports: [{containerPort: 80}]}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


def test_a_deployment_becomes_available_and_every_pod_answers(space: Space) -> None:
    space.apply(DEPLOYMENT)
    space.wait("deployment/web", "condition=Available")
    pods = space.get("pods", "-l", "app=web")["items"]
    assert len({pod["status"]["podIP"] for pod in pods}) == 2
    for pod in pods:
        assert (pod["spec"]["nodeName"], pod["status"]["phase"]) == ("local", "Running")
        with asked(pod) as connection:
            about = json.loads(connection.getresponse().read())
        assert (about["image"], about["pod"]) == ("nginx:1.21.0", pod["metadata"]["name"])


def test_logs_can_be_read_followed_and_read_from_the_run_before(space: Space) -> None:
    script = "echo run | tee -a runs; test $(wc -l < runs) = 1 || echo again; exit 3"
    space.pod("p", f"{{containers: [{{name: c, image: x, command: [sh, -c, {json.dumps(script)}]}}]}}")
    space.until("pod/p", waits_for("CrashLoopBackOff"))
    assert space("logs", "p") == space("logs", "p", "--previous") == "run\nagain\n"
    assert space("logs", "p", "--timestamps", "--tail=1").split(" ", 1)[1] == "again\n"
    space.pod(
        "f", "{restartPolicy: Never, containers: [{name: c, image: x, command: [sh, -c, 'echo 1; sleep 1; echo 2']}]}"
    )
    space.until("pod/f", lambda pod: pod["status"]["phase"] == "Running")
    assert space("logs", "f", "-f") == "1\n2\n"
    assert space("logs", "f", "--tail=1") == "2\n"


def test_an_unknown_image_waits_and_an_event_says_how_to_map_it(space: Space) -> None:
    space.pod("p", "{containers: [{name: c, image: 'acme/shop:1'}]}")
    pod = space.until("pod/p", waits_for("ImagePullBackOff"))
    assert pod["status"]["phase"] == "Pending"
    assert "ImagePullBackOff" in space("get", "pod", "p")
    [message] = [message for reason, message in space.events("p") if reason == "Failed"]
    assert 'image: "acme/shop:1"' in message
    assert "--images FILE" in message
    assert "ImagePullBackOff" in space("logs", "p", check=False)


JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: %s}
spec:
  backoffLimit: 0
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: x, command: [sh, -c, "echo done; exit %d"]}]}
"""


@pytest.mark.parametrize(
    ("code", "condition", "phase", "reason"),
    [(0, "Complete", "Succeeded", "Completed"), (3, "Failed", "Failed", "Error")],
)
def test_a_job_runs_to_its_end(space: Space, code: int, condition: str, phase: str, reason: str) -> None:
    space.apply(JOB % ("job", code))
    space.wait("job/job", f"condition={condition}")
    [pod] = space.get("pods", "-l", "job-name=job")["items"]
    ended = container(pod)["state"]["terminated"]
    assert (pod["status"]["phase"], ended["exitCode"], ended["reason"]) == (phase, code, reason)
    assert space("logs", pod["metadata"]["name"]) == "done\n"


def test_a_pod_whose_readiness_probe_fails_stays_out_of_the_endpoints(space: Space) -> None:
    probe = "{exec: {command: [test, -e, /no/such/file]}, periodSeconds: 1}"
    space.apply(SERVICE)
    base = "image: nginx, ports: [{containerPort: 80}]"
    space.pod("bad", f"{{containers: [{{name: c, {base}, readinessProbe: {probe}}}]}}", labels={"app": "web"})
    space.pod("good", f"{{containers: [{{name: c, {base}}}]}}", labels={"app": "web"})
    space.wait("pod/good", "condition=Ready")
    space.until("pod/bad", lambda pod: "running" in container(pod)["state"])

    def readiness() -> dict[str, bool]:
        slices = space.get("endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
        endpoints = [endpoint for each in slices for endpoint in each["endpoints"] or ()]
        return {endpoint["targetRef"]["name"]: endpoint["conditions"]["ready"] for endpoint in endpoints}

    deadline = time.monotonic() + PATIENCE
    while readiness() != {"bad": False, "good": True}:
        assert time.monotonic() < deadline, readiness()
        time.sleep(0.1)
    assert any(message.startswith("Readiness probe failed") for _, message in space.events("bad"))


def test_a_readiness_gate_holds_a_pod_back_until_somebody_opens_it(space: Space) -> None:
    gate = "readinessGates: [{conditionType: example.com/routed}]"
    space.pod("p", f"{{{gate}, containers: [{{name: c, image: x, command: [sleep, '600']}}]}}")
    space.wait("pod/p", "condition=ContainersReady")
    assert not is_ready(space.get("pod", "p"))
    opened = json.dumps({"status": {"conditions": [{"type": "example.com/routed", "status": "True"}]}})
    space("patch", "pod", "p", "--subresource=status", "--type=strategic", "-p", opened)
    space.wait("pod/p", "condition=Ready")


def is_ready(pod: dict[str, Any]) -> bool:
    told = {each["type"]: each for each in pod["status"]["conditions"]}
    return told["Ready"]["status"] == "True"


def test_requests_in_flight_are_served_while_a_pod_ends(space: Space) -> None:
    env = "[{name: LATENCY_MS, value: '2000'}]"
    space.pod("p", f"{{containers: [{{name: c, image: nginx, ports: [{{containerPort: 80}}], env: {env}}}]}}")
    space.wait("pod/p", "condition=Ready")
    pod = space.get("pod", "p")
    with asked(pod) as connection:
        space("delete", "pod", "p", "--wait=false")
        reply = connection.getresponse()
        assert (reply.status, reply.getheader("Connection")) == (200, "close")
    space("wait", "pod/p", "--for=delete", "--timeout=60s")
    assert refuses(pod)


def test_a_forced_deletion_ends_the_process_too(space: Space) -> None:
    space.pod("p", "{containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}")
    space.wait("pod/p", "condition=Ready")
    pod = space.get("pod", "p")
    space("delete", "pod", "p", "--force", "--grace-period=0")
    deadline = time.monotonic() + PATIENCE
    while not refuses(pod):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_pod_that_is_deleted_in_mid_start_is_gone(space: Space) -> None:
    for number in range(5):
        space.pod(f"p{number}", "{containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}")
        space("delete", "pod", f"p{number}", "--wait=false")
    space("wait", "pod", "--all", "--for=delete", "--timeout=60s", check=False)
    assert space.get("pods")["items"] == []


def test_a_deleted_namespace_takes_its_pods_with_it(cluster: Cluster, space: Space) -> None:
    space.apply(DEPLOYMENT)
    space.wait("deployment/web", "condition=Available")
    pods = space.get("pods")["items"]
    cluster.kubectl("delete", "namespace", space.name, f"--timeout={PATIENCE:.0f}s")
    assert all(refuses(pod) for pod in pods)


def test_init_containers_and_sidecars_come_first(space: Space) -> None:
    spec = """
    restartPolicy: Never
    initContainers:
    - {name: first, image: x, command: [sh, -c, "echo first >> order"]}
    - {name: side, image: x, restartPolicy: Always, command: [sh, -c, "echo side >> order; exec sleep 600"]}
    containers:
    - {name: main, image: x, command: [sh, -c, "sleep 0.5; cat order"]}
    """
    space.pod("p", spec)
    pod = space.until("pod/p", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert space("logs", "p", "-c", "main") == "first\nside\n"
    first, side = pod["status"]["initContainerStatuses"]
    assert (first["ready"], first["state"]["terminated"]["exitCode"]) == (True, 0)
    assert side["state"]["terminated"]["exitCode"] == 143


def test_a_missing_config_map_holds_a_container_until_it_appears(space: Space) -> None:
    env = "[{name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}]"
    space.pod(
        "p", f"{{restartPolicy: Never, containers: [{{name: c, image: x, env: {env}, command: [printenv, COLOUR]}}]}}"
    )
    pod = space.until("pod/p", waits_for("CreateContainerConfigError"))
    assert "'settings' not found" in container(pod)["state"]["waiting"]["message"]
    space("create", "configmap", "settings", "--from-literal=colour=blue")
    space.until("pod/p", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert space("logs", "p") == "blue\n"


def test_secrets_reach_the_environment(space: Space) -> None:
    space("create", "secret", "generic", "keys", "--from-literal=token=t0p")
    env = "envFrom: [{secretRef: {name: keys}}]"
    space.pod("p", f"{{restartPolicy: Never, containers: [{{name: c, image: x, {env}, command: [printenv, token]}}]}}")
    space.until("pod/p", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert space("logs", "p") == "t0p\n"


def test_a_deadline_fails_a_pod_that_runs_too_long(space: Space) -> None:
    space.pod("p", "{activeDeadlineSeconds: 1, containers: [{name: c, image: x, command: [sleep, '600']}]}")
    pod = space.until("pod/p", lambda pod: pod["status"]["phase"] == "Failed")
    assert pod["status"]["reason"] == "DeadlineExceeded"
    assert container(pod)["state"]["terminated"]["exitCode"] == 143


def test_new_labels_and_annotations_restart_nothing(space: Space) -> None:
    space.pod("p", "{containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}")
    space.wait("pod/p", "condition=Ready")
    before = space.get("pod", "p")
    space("label", "pod", "p", "role=stable")
    space("annotate", "pod", "p", "note=x")
    after = space.get("pod", "p")
    assert container(after) == container(before)
    assert after["metadata"]["annotations"][LISTENS] == before["metadata"]["annotations"][LISTENS]


def test_what_we_wrote_on_a_pod_comes_back_when_somebody_removes_it(space: Space) -> None:
    space.pod("p", "{containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}")
    space.wait("pod/p", "condition=Ready")
    before = space.get("pod", "p")["metadata"]["annotations"][LISTENS]
    space("annotate", "pod", "p", f"{LISTENS}-")
    pod = space.until("pod/p", lambda pod: LISTENS in pod["metadata"].get("annotations", {}))
    assert pod["metadata"]["annotations"][LISTENS] == before


def test_the_events_and_conditions_of_a_healthy_pod_are_clean(space: Space) -> None:
    space.pod("p", "{containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}")
    space.wait("pod/p", "condition=Ready")
    conditions = {each["type"]: each for each in space.get("pod", "p")["status"]["conditions"]}
    assert {kind: each["status"] for kind, each in conditions.items()} == dict.fromkeys(
        ("PodReadyToStartContainers", "PodScheduled", "Initialized", "ContainersReady", "Ready"), "True"
    )
    assert not any("reason" in each or "message" in each for each in conditions.values())
    assert space.events("p") == []


def test_an_event_tells_of_volumes_that_nobody_mounts(space: Space) -> None:
    volumes = "[{name: tmp, emptyDir: {}}, {name: conf, configMap: {name: conf}}]"
    space.pod("p", f"{{volumes: {volumes}, containers: [{{name: c, image: x, command: [sleep, '600']}}]}}")
    space.wait("pod/p", "condition=Ready")
    [(reason, message)] = space.events("p")
    assert (reason, message.rpartition(": ")[2]) == ("FailedMount", "conf")


def test_exec_says_in_one_line_that_it_cannot(space: Space) -> None:
    space.pod("p", "{containers: [{name: c, image: x, command: [sleep, '600']}]}")
    space.wait("pod/p", "condition=Ready")
    assert "local processes" in space("exec", "p", "--", "true", check=False)


def test_the_node_says_where_its_kubelet_is(space: Space) -> None:
    node = space.get("node", "local")
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "local"
    assert node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] > 0
    assert {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"] == "True"
