"""The control plane's programs: what they are built from."""

import re
from pathlib import Path

from serinus.local.build import Program
from serinus.local.errors import LocalError

SOURCE = Path(__file__).parent / "controlplane"


def control_plane() -> Program:
    """Describe etcd, kube-apiserver and kube-controller-manager in one."""
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".", 2)
    facts = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    stamps = [f"-X k8s.io/component-base/version.{name}={value}" for name, value in facts.items()]
    return Program("controlplane", SOURCE, ldflags=" ".join(["-s", "-w", *stamps]))


def kubernetes_version() -> str:
    """Read from `go.mod` the version that the API will report."""
    found = re.search(r"k8s\.io/kubernetes (v\S+)", (SOURCE / "go.mod").read_text())
    if found is None:
        raise LocalError(f"{SOURCE / 'go.mod'} does not require k8s.io/kubernetes")
    return found[1]
