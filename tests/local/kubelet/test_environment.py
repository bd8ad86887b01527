"""What a container finds in its environment."""

from collections.abc import Callable

import pytest
from hypothesis import given as holds_for
from hypothesis import strategies as st

from serinus.local.kubelet.environment import (
    EnvironmentProblemError,
    Given,
    Source,
    command_line,
    environment,
    expand,
    inherited,
    sources_of,
)
from serinus.local.kubelet.spec import Pod

READ = Callable[..., Pod]

LISTENS = {80: "127.0.0.1:4001", 9090: "127.0.0.1:4002"}
SOURCES = {
    Source("configmaps", "settings"): {"colour": "blue", "size": "3"},
    Source("secrets", "keys"): {"token": "t0p"},
}


def env_of(pod: Pod, index: int = 0) -> dict[str, str]:
    given = Given("10.64.0.7", LISTENS, {"PATH": "/bin"}, {"FROM_IMAGE": "1"}, SOURCES)
    return environment(pod, pod.spec.containers[index], given)


def test_a_process_learns_who_it_is_and_where_to_listen(pod: READ) -> None:
    spec = """
    containers:
    - {name: a, image: "nginx:1", ports: [{containerPort: 80}]}
    - {name: b, image: x, ports: [{containerPort: 9090}]}
    - {name: c, image: x}
    """
    web = pod(spec)
    assert env_of(web) == {
        "PATH": "/bin",
        "HOSTNAME": "web-1",
        "IMAGE": "nginx:1",
        "POD_IP": "10.64.0.7",
        "POD_NAME": "web-1",
        "POD_NAMESPACE": "shop",
        "FROM_IMAGE": "1",
        "PORT": "4001",
        "PORT_80": "4001",
        "PORT_9090": "4002",
    }
    assert env_of(web, 1)["PORT"] == "4002"
    assert "PORT" not in env_of(web, 2)
    assert env_of(web, 2)["PORT_80"] == "4001"


def test_the_ports_of_the_manifest_yield_to_the_real_ones(pod: READ) -> None:
    spec = "{containers: [{name: a, ports: [{containerPort: 80}], env: [{name: PORT, value: '80'}]}]}"
    assert env_of(pod(spec))["PORT"] == "4001"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-1"),
        ("metadata.namespace", "shop"),
        ("metadata.uid", "u-1"),
        ("metadata.labels['app']", "web"),
        ("metadata.annotations['example.com/x']", "y"),
        ("metadata.labels['none']", ""),
        ("spec.nodeName", "local"),
        ("status.podIP", "10.64.0.7"),
        ("status.hostIP", "127.0.0.1"),
    ],
)
def test_fields_of_the_pod_can_be_had(pod: READ, path: str, value: str) -> None:
    spec = f"""{{nodeName: local, containers: [{{name: a, env: [
        {{name: X, valueFrom: {{fieldRef: {{fieldPath: "{path}"}}}}}}]}}]}}"""
    web = pod(spec, labels={"app": "web"}, annotations={"example.com/x": "y"})
    assert env_of(web)["X"] == value


def test_config_maps_and_secrets_bring_single_values_and_whole_sets(pod: READ) -> None:
    spec = """
    containers:
    - name: a
      envFrom:
      - {prefix: S_, configMapRef: {name: settings}}
      - {secretRef: {name: keys}}
      - {configMapRef: {name: absent, optional: true}}
      env:
      - {name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}
      - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token}}}
      - {name: NONE, valueFrom: {secretKeyRef: {name: keys, key: none, optional: true}}}
      - {name: TEXT, value: "$(COLOUR)-$(S_size)-$(LATER)-$$(COLOUR)"}
      - {name: LATER, value: x}
    """
    web = pod(spec)
    found = env_of(web)
    assert {name: found.get(name) for name in ("S_colour", "S_size", "token", "COLOUR", "TOKEN", "NONE", "TEXT")} == {
        "S_colour": "blue",
        "S_size": "3",
        "token": "t0p",
        "COLOUR": "blue",
        "TOKEN": "t0p",
        "NONE": None,
        "TEXT": "blue-3-$(LATER)-$(COLOUR)",
    }
    assert sources_of(web.spec.containers[0]) == {*SOURCES, Source("configmaps", "absent")}


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ("envFrom: [{secretRef: {name: none}}]", "secrets 'none' not found"),
        ("env: [{name: X, valueFrom: {secretKeyRef: {name: none, key: k}}}]", "secrets 'none' not found"),
        ("env: [{name: X, valueFrom: {configMapKeyRef: {name: settings, key: k}}}]", "has no key 'k'"),
        ("env: [{name: X, valueFrom: {fieldRef: {fieldPath: spec.x}}}]", "unknown field 'spec.x'"),
        ("env: [{name: X, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]", "knows fieldRef"),
    ],
)
def test_what_cannot_be_had_is_named(pod: READ, container: str, said: str) -> None:
    with pytest.raises(EnvironmentProblemError, match=said):
        env_of(pod(f"{{containers: [{{name: a, {container}}}]}}"))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(B)", "x1y2"),
        ("$(NONE)", "$(NONE)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$A", "$A"),
        ("$(A", "$(A"),
        ("$", "$"),
        ("$()", "$()"),
    ],
)
def test_references_are_expanded_as_in_the_api(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expanded


@holds_for(st.text())
def test_escaped_text_comes_out_as_it_was(text: str) -> None:
    assert expand(text.replace("$", "$$"), {"A": "1"}) == text


def test_a_command_of_the_manifest_takes_the_place_of_the_image(pod: READ) -> None:
    spec = "{containers: [{name: a, command: [run, $(A)], args: [$(B)]}, {name: b, args: [-v, $(A)]}, {name: c}]}"
    own, args, bare = pod(spec).spec.containers
    env = {"A": "1", "B": "2"}
    assert command_line(own, ["entry"], env) == ["run", "1", "2"]
    assert command_line(args, ["entry", "$(A)"], env) == ["entry", "$(A)", "-v", "1"]
    assert command_line(bare, ["entry"], env) == ["entry"]


def test_nothing_secret_of_ours_reaches_a_container() -> None:
    found = inherited({"HOME": "/home/x", "PATH": "/bin", "API_TOKEN": "secret"})
    assert set(found) == {"HOME", "PATH"}
    assert found["PATH"].endswith(":/bin")
