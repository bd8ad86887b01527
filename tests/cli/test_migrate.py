"""``serinus migrate``: what it reads, what it prints, how it ends."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLLOUT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "metadata": {"name": "shop"},
    "spec": {
        "strategy": {
            "canary": {
                "canaryService": "canary",
                "stableService": "stable",
                "trafficRouting": {"nginx": {"stableIngress": "shop"}},
            }
        }
    },
}
PATH = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "stable", "port": {"name": "http"}}}}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "shop", "annotations": {"nginx.ingress.kubernetes.io/limit-rps": "5"}},
    "spec": {"rules": [{"host": "shop.test", "http": {"paths": [PATH]}}]},
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "stable"},
    "spec": {"ports": [{"name": "http", "port": 8080}]},
}
LOST = (
    "not carried over: Ingress shop: annotation nginx.ingress.kubernetes.io/limit-rps: "
    "the Gateway's implementation may have a policy for it\n"
)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The objects in two files, one of them with objects of other people."""
    other = {"apiVersion": "example.com/v1", "kind": "Ingress", "metadata": {"name": "shop"}}
    plain = {**ROLLOUT, "metadata": {"name": "plain"}, "spec": {"strategy": {"canary": {}}}}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump_all([plain, ROLLOUT, "no object", other]))
    (tmp_path / "b.yaml").write_text(yaml.safe_dump_all([INGRESS, SERVICE]))
    return ["-f", str(tmp_path / "a.yaml"), "-f", str(tmp_path / "b.yaml")]


def test_files_need_no_cluster(files: list[str], program: Any) -> None:
    said = program("migrate", *files, "--gateway", "infra/public:web")
    assert (said.code, said.err) == (0, LOST)
    route, rollout = yaml.safe_load_all(said.out)
    assert route["spec"]["parentRefs"] == [{"name": "public", "namespace": "infra", "sectionName": "web"}]
    assert [ref["port"] for ref in route["spec"]["rules"][0]["backendRefs"]] == [8080, 8080]
    assert rollout["metadata"] == {"name": "shop"}
    assert "&id" not in said.out


def test_a_cluster_gives_the_rollout_and_what_it_needs(serinus: Any, api: Any) -> None:
    for plural, manifest in (("rollouts", ROLLOUT), ("ingresses", INGRESS), ("services", SERVICE)):
        api.put(plural, manifest)
    said = serinus("migrate", "shop", "--gateway", "public")
    assert (said.code, said.err) == (0, LOST)
    route, rollout = yaml.safe_load_all(said.out)
    assert (route["kind"], route["metadata"]["namespace"]) == ("HTTPRoute", "default")
    config = rollout["spec"]["strategy"]["canary"]["trafficRouting"]
    assert config == {
        "plugins": {"argoproj-labs/gatewayAPI": {"namespace": "default", "httpRoutes": [{"name": "shop"}]}}
    }
    assert api.sent == []


def test_strict_ends_with_1_where_something_is_lost(files: list[str], program: Any) -> None:
    said = program("migrate", *files, "--gateway", "public", "--strict")
    assert (said.code, said.err) == (1, LOST)
    assert len(list(yaml.safe_load_all(said.out))) == 2


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ([], "Error: Missing option '--gateway'"),
        (["--gateway", "a/b/c"], "Error: Invalid value for '--gateway': 'a/b/c' is not of the form"),
        (["--gateway", "public"], "Error: name a Rollout, or files by --filename"),
        (["plain", "--gateway", "public"], "Error: Rollout 'plain' does not use nginx"),
        (["nobody", "--gateway", "public"], "Error: there is no Rollout 'nobody' in "),
    ],
)
def test_what_is_wrong_is_told_in_a_line(args: list[str], error: str, files: list[str], program: Any) -> None:
    said = program("migrate", *(files if args and not args[0].startswith("-") else []), *args)
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith(error)
    assert said.out == ""


def test_a_missing_ingress_is_named(serinus: Any, api: Any) -> None:
    api.put("rollouts", ROLLOUT)
    said = serinus("migrate", "shop", "--gateway", "public")
    assert (said.code, said.err) == (1, "Error: the Ingress 'shop' of Rollout 'shop' is missing\n")


def test_objects_of_one_name_in_two_namespaces_are_told_apart(tmp_path: Path, program: Any) -> None:
    documents = []
    for namespace in ("a", "b"):
        rule = {**INGRESS["spec"]["rules"][0], "host": f"{namespace}.test"}
        route = {**INGRESS, "spec": {"rules": [rule]}}
        documents += [{**one, "metadata": one["metadata"] | {"namespace": namespace}} for one in (ROLLOUT, route)]
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all([*documents, SERVICE]))
    said = program("migrate", "-f", str(file), "--gateway", "public")
    printed = list(yaml.safe_load_all(said.out))
    assert [(one["kind"], one["metadata"]["namespace"]) for one in printed] == [
        ("HTTPRoute", "a"),
        ("Rollout", "a"),
        ("HTTPRoute", "b"),
        ("Rollout", "b"),
    ]
    assert [one["spec"]["hostnames"] for one in printed[::2]] == [["a.test"], ["b.test"]]


def test_standard_input_is_called_so(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    said = program("migrate", "-f", "-", "--gateway", "public")
    assert (said.code, said.err) == (1, "Error: there is no Rollout with trafficRouting.nginx in standard input\n")
