"""The Prometheus program: the one on the PATH, or one that is compiled once."""

import re
import shutil
from pathlib import Path

from serinus.local.answers import said_by
from serinus.local.build import Program, build
from serinus.local.errors import LocalError
from serinus.local.toolchain import Version, parsed

SOURCE = Path(__file__).parent / "module"
PACKAGE = "github.com/prometheus/prometheus/cmd/prometheus"
OLDEST: Version = (3,)
"""The oldest release that knows all our flags."""
VERSION = re.compile(r"version (\d+(?:\.\d+)*)")


async def prometheus_binary() -> Path:
    """Find Prometheus, or build it where no recent one is on the PATH; raises LocalError."""
    if (found := shutil.which("prometheus")) and await version_of(found) >= OLDEST:
        return Path(found)
    return await build(prometheus_program())


def prometheus_program() -> Program:
    """Describe what to compile: without the ways to find targets that only clouds have."""
    stamp = f"-X github.com/prometheus/common/version.Version={module_version()}"
    return Program("prometheus", SOURCE, PACKAGE, tags=("remove_all_sd",), ldflags=f"-s -w {stamp}")


def module_version() -> str:
    """Read from `go.mod` which release the module is: v0.313.5 is Prometheus 3.13.5."""
    found = re.search(r"github\.com/prometheus/prometheus v0\.(\d+)(\d\d)\.(\d+)", (SOURCE / "go.mod").read_text())
    if found is None:
        raise LocalError(f"{SOURCE / 'go.mod'} does not require github.com/prometheus/prometheus")
    return ".".join(str(int(part)) for part in found.groups())


async def version_of(program: str) -> Version:
    """Ask a Prometheus for its version; () where it does not answer."""
    found = VERSION.search(await said_by(program, "--version"))
    return parsed(found[1]) if found else ()
