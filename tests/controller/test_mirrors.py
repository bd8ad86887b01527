"""Mirrors of kinds that share a name."""

from collections.abc import AsyncIterator

import pytest

from serinus.api.kinds import SERVICE
from serinus.controller.mirrors import Mirrors
from serinus.kube import Client, Connection, Queue
from serinus.traffic.appmesh import AppMesh
from serinus.traffic.istio import Istio


@pytest.fixture
async def mirrors() -> AsyncIterator[Mirrors]:
    async with Client(Connection("http://127.0.0.1:9")) as client:
        yield Mirrors(client, Queue(), "", lambda *_: None)


async def test_a_kind_is_found_by_its_name_version_and_group(mirrors: Mirrors) -> None:
    istio, mesh = Istio().virtual_service, AppMesh().virtual_service
    assert istio.kind == mesh.kind
    for kind in (istio, mesh):
        mirrors.watch(kind, "")
    assert mirrors.kind(istio.full_name) == istio
    assert mirrors.kind(mesh.full_name) == mesh
    assert mirrors.kind("VirtualService") is None


def test_a_full_name_is_the_one_that_kubectl_takes() -> None:
    assert Istio("v1").virtual_service.full_name == "VirtualService.v1.networking.istio.io"
    assert SERVICE.full_name == "Service.v1"
