"""The kinds of other projects, out of their own Go modules.

A module's YAML is fetched once, by the go tool, and kept in the cache folder by
module and version; nothing of it is part of this project. What is kept are the
CustomResourceDefinitions alone, as JSON, which is YAML too and read at once.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from serinus.local import toolchain
from serinus.local.errors import LocalError
from serinus.local.folders import cache_folder, make_folder
from serinus.local.lock import locked
from serinus.local.processes import Processes
from serinus.local.programs import SOURCE
from serinus.local.progress import shown
from serinus.local.runs import Runner

DOWNLOAD_LIMIT = 600.0
KIND = "CustomResourceDefinition"

Definition = dict[str, Any]


@dataclass(frozen=True)
class Vendor:
    """A Go module, and where in it the definitions are."""

    module: str
    version: str
    files: str
    """Pattern of the files, from the module's folder."""
    kinds: tuple[str, ...] = ()
    """The kinds that are installed, as the API writes them in paths; all where none is named."""

    @property
    def kept(self) -> Path:
        """Where the definitions are kept."""
        return cache_folder() / "vendors" / f"{self.module.replace('/', '_')}@{self.version}.json"


VENDORS = {
    "argo-rollouts": Vendor("github.com/argoproj/argo-rollouts", "v1.9.1", "manifests/crds/*-crd.yaml"),
    "istio": Vendor(
        "istio.io/api",
        "v1.31.1",
        "kubernetes/customresourcedefinitions.gen.yaml",
        ("destinationrules", "gateways", "serviceentries", "sidecars", "virtualservices"),
    ),
    "gateway-api": Vendor(
        "sigs.k8s.io/gateway-api",
        "v1.6.3",
        "config/crd/experimental/*.yaml",
        ("gatewayclasses", "gateways", "grpcroutes", "httproutes", "referencegrants", "tcproutes", "tlsroutes"),
    ),
    "contour": Vendor(
        "github.com/projectcontour/contour", "v1.33.8", "examples/contour/01-crds.yaml", ("httpproxies",)
    ),
    "smi": Vendor("github.com/servicemeshinterface/smi-sdk-go", "v0.5.0", "crds/*.yaml"),
    "traefik": Vendor(
        "github.com/traefik/traefik/v3",
        "v3.7.13",
        "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
    ),
}
"""The vendors by the names that users give them."""

MESH = ("istio", "gateway-api")
"""Whose kinds the mesh gateway serves."""


async def definitions(names: Iterable[str]) -> list[Definition]:
    """Give the definitions of all kinds of some vendors; raises LocalError.

    They come from the cache; those that are missing there are fetched first.
    """
    found: list[Definition] = []
    for name in dict.fromkeys(names):
        vendor = known(name)
        if not vendor.kept.exists():
            await _fetch(vendor)
        kept = _unpack(vendor, await asyncio.to_thread(vendor.kept.read_text))
        found += [one for one in kept if not vendor.kinds or one["spec"]["names"]["plural"] in vendor.kinds]
    return found


def known(name: str) -> Vendor:
    """The vendor of that name; LocalError lists the known ones."""
    if name not in VENDORS:
        raise LocalError(f"unknown vendor {name!r}; known are {', '.join(sorted(VENDORS))}")
    return VENDORS[name]


def read_definitions(files: Sequence[Path]) -> list[Definition]:
    """Read the CustomResourceDefinitions of YAML files, each name once."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a megabyte takes the other one ten seconds
    found: dict[str, Definition] = {}
    for file in sorted(files):
        for document in yaml.load_all(file.read_text(), Loader=loader):
            if isinstance(document, dict) and document.get("kind") == KIND:
                found[document["metadata"]["name"]] = modern(document)
    return list(found.values())


def modern(definition: Definition) -> Definition:
    """Write a definition of the API that was (v1beta1) as one of the API that is (v1).

    Its kinds keep all fields: the old form rarely says which there are.
    """
    if definition["apiVersion"].endswith("/v1"):
        return definition
    spec = definition["spec"]
    versions = spec.get("versions") or [{"name": spec["version"], "served": True, "storage": True}]
    return {
        **definition,
        "apiVersion": "apiextensions.k8s.io/v1",
        "spec": {
            **{key: spec[key] for key in ("group", "names", "scope")},
            "versions": [_modern_version(version, spec) for version in versions],
        },
    }


def _modern_version(version: Definition, spec: Definition) -> Definition:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        **{key: version[key] for key in ("name", "served", "storage")},
        "schema": {"openAPIV3Schema": schema},
        "subresources": version.get("subresources") or spec.get("subresources") or {},
    }


async def _fetch(vendor: Vendor) -> None:
    """Fetch a module and keep its definitions; of two at the same time the second waits."""
    make_folder(vendor.kept.parent)
    with shown(f"fetching {vendor.module} {vendor.version}") as progress:
        waiting = "waiting for another download to end"
        async with locked(vendor.kept.parent / "fetch.lock", lambda: progress.say(waiting)):
            if vendor.kept.exists():
                return
            work = Path(tempfile.mkdtemp(prefix="work-", dir=vendor.kept.parent))
            try:
                log = vendor.kept.with_suffix(".log")
                log.write_bytes(b"")
                async with Processes() as processes:
                    runner = Runner(processes, log, work)
                    go = await toolchain.find(SOURCE, work, runner, progress)
                    await asyncio.to_thread(_keep, vendor, await _download(vendor, runner, go))
            finally:
                await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)


async def _download(vendor: Vendor, runner: Runner, go: toolchain.Toolchain) -> Path:
    """Let the go tool fetch the module; returns its folder."""
    lines: list[str] = []
    argv = [go.go, "mod", "download", "-json", f"{vendor.module}@{vendor.version}"]
    await runner.run(argv, f"fetching {vendor.module}", limit=DOWNLOAD_LIMIT, env=go.env, on_line=lines.append)
    text = "\n".join(lines)
    try:
        return Path(json.loads(text[text.index("{") : text.rindex("}") + 1])["Dir"])
    except (ValueError, KeyError):
        raise LocalError(f"`go mod download` named no folder for {vendor.module}; {runner.tail()}") from None


def _keep(vendor: Vendor, folder: Path) -> None:
    found = read_definitions(list(folder.glob(vendor.files)))
    if not found:
        raise LocalError(f"{vendor.module} {vendor.version} holds no definitions in {vendor.files}")
    draft = vendor.kept.with_suffix(".draft")
    draft.write_text(json.dumps(found, default=str))
    draft.replace(vendor.kept)


def _unpack(vendor: Vendor, text: str) -> list[Definition]:
    try:
        found: list[Definition] = json.loads(text)
    except ValueError:
        raise LocalError(f"{vendor.kept} is broken; remove it to fetch it again") from None
    return found
