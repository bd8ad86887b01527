"""How a pod gets into the mesh."""

import msgspec
import pytest

from serinus.local.kubelet.environment import Given, environment, in_mesh, mesh_variables
from serinus.local.kubelet.spec import Pod


def pod(wish: str, **env: str) -> Pod:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    spec = {"containers": [{"name": "web", "image": "web", "env": variables}]}
    metadata = {"name": "web", "namespace": "shop", "annotations": {"local.serinus.dev/mesh": wish}}
    return msgspec.convert({"metadata": metadata, "spec": spec}, Pod, strict=False)


@pytest.mark.parametrize(("wish", "expected"), [("true", True), ("false", False), ("", False)])
def test_only_pods_that_opt_in_go_through_the_mesh(wish: str, expected: bool) -> None:
    assert in_mesh(pod(wish)) is expected


def test_the_manifest_may_choose_another_proxy_than_the_mesh() -> None:
    given = Given(ip="10.64.0.1", listens={}, base=mesh_variables("http://127.0.0.1:1"))
    chosen = pod("true", http_proxy="http://127.0.0.1:2")
    found = environment(chosen, chosen.spec.containers[0], given)
    assert (found["HTTP_PROXY"], found["http_proxy"]) == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert "127.0.0.1" in found["no_proxy"].split(",")
