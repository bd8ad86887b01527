"""AnalysisRuns that stand alone, on a real cluster, measured at a real HTTP server."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from controller.process import ControllerProcess

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

Manifest = dict[str, Any]

TOKEN = "s3cr3t-t0ken-of-nobody"


class Source(ThreadingHTTPServer):
    """An HTTP server that answers what a test wants, and remembers who asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, Callable[[dict[str, str]], tuple[int, Any]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.gate = threading.Event()
        self.gate.set()

    def says(self, path: str, *values: Any) -> None:
        """Answer with values, one after the other; the last one stays."""
        left = list(values)
        self.replies[path] = lambda _: (200, left.pop(0) if len(left) > 1 else left[0])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Source)
        headers = dict(self.headers.items())
        self.server.asked.append((self.path, headers))
        self.server.gate.wait(30)
        status, value = self.server.replies[self.path](headers)
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def source() -> Iterator[Source]:
    server = Source()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


class Bench:
    """Makes runs in a namespace, and waits for what becomes of them."""

    def __init__(self, cluster: Any, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace

    def kubectl(self, *args: str, stdin: str | None = None) -> str:
        return str(self.cluster.kubectl("-n", self.namespace, *args, stdin=stdin))

    def create(self, manifest: Manifest) -> None:
        self.kubectl("create", "-f", "-", stdin=json.dumps(manifest))

    def run(self, name: str, *metrics: Manifest, **spec: Any) -> None:
        self.create(
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "AnalysisRun",
                "metadata": {"name": name},
                "spec": {"metrics": list(metrics), **spec},
            }
        )

    def read(self, name: str) -> Manifest:
        status: Manifest = json.loads(self.kubectl("get", "analysisrun", name, "-o", "json")).get("status", {})
        return status

    def wait(self, name: str, reached: Callable[[Manifest], Any], limit: float = 40.0) -> Manifest:
        deadline = time.monotonic() + limit
        while not reached(status := self.read(name)):
            if time.monotonic() > deadline:
                pytest.fail(f"{name} does not get there: {status}")
            time.sleep(0.05)
        return status

    def end(self, name: str) -> Manifest:
        return self.wait(name, lambda status: status.get("completedAt"))

    def events(self, name: str) -> list[str]:
        """The reasons of the events about a run, once the last of them is there."""
        deadline = time.monotonic() + 10
        while True:
            found = json.loads(self.kubectl("get", "events", "-o", "json"))["items"]
            mine = [item for item in found if item["involvedObject"] == item["involvedObject"] | {"name": name}]
            if any(item["reason"].startswith("AnalysisRun") for item in mine) or time.monotonic() > deadline:
                return sorted(item["reason"] for item in mine)
            time.sleep(0.1)


@pytest.fixture
def bench(cluster: Any, namespace: str, controller: ControllerProcess) -> Bench:
    return Bench(cluster, namespace)


def web(url: str, name: str = "errors", **fields: Any) -> Manifest:
    provider = {"web": {"url": url, "jsonPath": "{$.rate}", **fields.pop("web", {})}}
    return {"name": name, "provider": provider, "successCondition": "result < 0.05", **fields}


def test_a_run_measures_as_often_as_it_says_and_succeeds(bench: Bench, source: Source) -> None:
    source.says("/rate", {"rate": 0.01}, {"rate": 0.02}, {"rate": 0.03})
    bench.run("good", web(source.url("/rate"), interval="500ms", count=3))
    status = bench.end("good")
    (result,) = status["metricResults"]
    assert (status["phase"], result["phase"], result["count"]) == ("Successful", "Successful", 3)
    assert [item["value"] for item in result["measurements"]] == ["0.01", "0.02", "0.03"]
    assert result["metadata"] == {"successCondition": "result < 0.05"}
    assert len(source.asked) == 3
    assert bench.events("good") == ["AnalysisRunSuccessful", "MetricSuccessful"]


def test_a_failure_is_told_in_one_sentence(bench: Bench, source: Source) -> None:
    source.says("/rate", {"rate": 0.01}, {"rate": 0.2})
    bench.run("bad", web(source.url("/rate"), interval="500ms"))
    status = bench.end("bad")
    assert status["phase"] == "Failed"
    assert status["message"] == (
        'Metric "errors" assessed Failed due to failed (1) > failureLimit (0): '
        '0.2 does not meet successCondition "result < 0.05"'
    )
    assert bench.events("bad") == ["AnalysisRunFailed", "MetricFailed"]


def test_no_secret_is_told_to_anybody(
    bench: Bench, source: Source, controller: ControllerProcess, cluster: Any
) -> None:
    data = {"token": b64encode(TOKEN.encode()).decode()}
    bench.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "access"}, "data": data})
    source.replies["/echo"] = lambda headers: (200, {"rate": f"you sent {headers['Authorization']}"})
    args = [{"name": "token", "valueFrom": {"secretKeyRef": {"name": "access", "key": "token"}}}]
    header = {"headers": [{"key": "Authorization", "value": "Bearer {{args.token}}"}]}
    condition = 'result == "{{ args.token }}"'
    bench.run("shy", web(source.url("/echo"), web=header, successCondition=condition), args=args)
    status = bench.end("shy")
    assert source.asked[0][1]["Authorization"] == f"Bearer {TOKEN}"
    assert status["message"].endswith('"you sent Bearer *****" does not meet successCondition "result == "*****""')
    everything = bench.kubectl("get", "analysisruns,events", "-o", "json") + controller.log.read_text()
    assert TOKEN not in everything
    assert "*****" in everything


@pytest.mark.parametrize(
    ("key", "secret", "said"),
    [("token", "absent", 'secrets "absent" not found'), ("other", "access", "key 'other' does not exist in secret")],
)
def test_a_secret_that_is_missing_ends_the_run(bench: Bench, source: Source, key: str, secret: str, said: str) -> None:
    bench.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "access"}, "data": {"token": "eA=="}})
    args = [{"name": "token", "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}]
    bench.run("blind", web(source.url("/rate") + "?{{args.token}}"), args=args)
    status = bench.end("blind")
    assert status["phase"] == "Error"
    assert status["message"].startswith("Unable to resolve metric arguments: ")
    assert said in status["message"]


def test_troubles_of_a_server_are_errors_that_say_what_is_wrong(bench: Bench, source: Source) -> None:
    source.replies["/gone"] = lambda _: (404, {})
    source.says("/text", b"not JSON")
    source.says("/nothing", {"rate": None})
    closed = "http://127.0.0.1:9/rate"
    expected = {
        "gone": (source.url("/gone"), "received non 2xx response code: 404"),
        "text": (source.url("/text"), "the reply is not JSON"),
        "nothing": (source.url("/nothing"), "no data returned from the metric provider"),
        "closed": (closed, "cannot be reached: Connection refused"),
    }
    for name, (url, _) in expected.items():
        bench.run(name, web(url, consecutiveErrorLimit=0))
    for name, (_, said) in expected.items():
        status = bench.end(name)
        assert (status["phase"], status["metricResults"][0]["phase"]) == ("Error", "Error")
        assert said in status["message"], name


def test_a_run_that_makes_no_sense_says_so(bench: Bench, source: Source) -> None:
    url = source.url("/rate")
    bench.run("twins", web(url), web(url))
    bench.run("open", web(url + "{{args.nothing}}"))
    bench.run("broken", web(url, successCondition="result <"))
    assert bench.end("twins")["message"] == "Analysis spec invalid: metrics[1]: duplicate name 'errors"
    assert bench.end("open")["message"] == "Unable to resolve metric arguments: failed to resolve {{args.nothing}}"
    assert 'metrics[0]: successCondition "result <" cannot be read' in bench.end("broken")["message"]
    assert not source.asked


def test_somebody_ends_a_run(bench: Bench, source: Source) -> None:
    source.says("/rate", {"rate": 0.01})
    bench.run("endless", web(source.url("/rate"), interval="1h"), ttlStrategy={"secondsAfterCompletion": 1})
    bench.wait("endless", lambda status: status.get("metricResults"))
    bench.kubectl("patch", "analysisrun", "endless", "--type", "merge", "-p", '{"spec":{"terminate":true}}')
    status = bench.end("endless")
    assert (status["phase"], status["message"]) == ("Successful", "Run Terminated")
    bench.kubectl("wait", "analysisrun", "endless", "--for=delete", "--timeout=20s")


def test_a_measurement_that_a_crash_cuts_off_is_taken_again(
    bench: Bench, source: Source, controller: ControllerProcess
) -> None:
    source.says("/rate", {"rate": 0.01})
    source.gate.clear()
    bench.run("cut", web(source.url("/rate")))
    deadline = time.monotonic() + 20
    while not source.asked and time.monotonic() < deadline:
        time.sleep(0.02)
    controller.kill()
    source.gate.set()
    controller.start()
    controller.wait_ready()
    status = bench.end("cut")
    assert (status["phase"], status["metricResults"][0]["count"]) == ("Successful", 1)
    assert len(source.asked) == 2


def job(script: str, image: str = "demo", **fields: Any) -> Manifest:
    container = {"name": "check", "image": image, "command": ["sh", "-c", script]}
    spec = {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    return {"name": "check", "provider": {"job": {"spec": spec}}, **fields}


def jobs(bench: Bench) -> list[Manifest]:
    found: list[Manifest] = json.loads(bench.kubectl("get", "jobs", "-o", "json"))["items"]
    return found


@pytest.mark.parametrize(("script", "phase"), [("exit 0", "Successful"), ("exit 3", "Failed")])
def test_a_job_gives_the_verdict(bench: Bench, script: str, phase: str) -> None:
    bench.run("job", job(script))
    status = bench.end("job")
    assert status["phase"] == phase
    (measurement,) = status["metricResults"][0]["measurements"]
    (made,) = jobs(bench)
    assert measurement["metadata"]["job-name"] == made["metadata"]["name"]
    assert made["metadata"]["ownerReferences"][0]["kind"] == "AnalysisRun"


def test_a_job_whose_image_cannot_be_had_is_no_success(bench: Bench) -> None:
    manifest = job("exit 0", image="registry.invalid/nobody:1")
    del manifest["provider"]["job"]["spec"]["template"]["spec"]["containers"][0]["command"]
    bench.run("job", manifest)
    status = bench.end("job")
    assert status["phase"] == "Inconclusive"
    assert "ImagePullBackOff" in status["message"]


def test_a_job_that_runs_while_the_controller_dies_is_waited_for(bench: Bench, controller: ControllerProcess) -> None:
    bench.run("job", job("sleep 4"))
    bench.wait("job", lambda status: (status.get("metricResults") or [{}])[0].get("measurements"))
    controller.kill()
    controller.start()
    controller.wait_ready()
    status = bench.end("job")
    assert (status["phase"], len(jobs(bench))) == ("Successful", 1)


def test_the_end_of_a_run_ends_its_job(bench: Bench) -> None:
    bench.run("job", job("sleep 60"))
    bench.wait("job", lambda status: (status.get("metricResults") or [{}])[0].get("measurements"))
    bench.kubectl("patch", "analysisrun", "job", "--type", "merge", "-p", '{"spec":{"terminate":true}}')
    status = bench.end("job")
    (measurement,) = status["metricResults"][0]["measurements"]
    assert (status["phase"], measurement["message"]) == ("Inconclusive", "Metric Terminated")
    bench.kubectl("wait", "jobs", "--all", "--for=delete", "--timeout=30s")


def test_a_failure_ends_the_job_beside_it(bench: Bench, source: Source) -> None:
    source.says("/rate", {"rate": 0.5})
    bench.run("job", job("sleep 60"), web(source.url("/rate"), initialDelay="2s"))
    status = bench.end("job")
    assert status["phase"] == "Failed"
    bench.kubectl("wait", "jobs", "--all", "--for=delete", "--timeout=30s")
    ended = bench.wait("job", lambda status: status["metricResults"][0]["phase"] != "Running")
    assert (ended["phase"], ended["metricResults"][0]["measurements"][0]["message"]) == ("Failed", "Metric Terminated")
