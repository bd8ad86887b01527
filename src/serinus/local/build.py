"""Programs from Go modules: compiled once, then taken from the cache."""

import asyncio
import contextlib
import hashlib
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from serinus.local import toolchain
from serinus.local.errors import LocalError
from serinus.local.folders import cache_folder, make_folder
from serinus.local.lock import locked
from serinus.local.processes import Processes
from serinus.local.progress import Progress, shown
from serinus.local.runs import Runner
from serinus.local.toolchain import Toolchain

DOWNLOAD_LIMIT = 1800.0
COMPILE_LIMIT = 5400.0


@dataclass(frozen=True)
class Program:
    """What to compile: a folder with `go.mod`, and a main package in it.

    `package` may also be one of a module that `go.mod` requires.
    """

    name: str
    source: Path
    package: str = "."
    tags: tuple[str, ...] = ()
    ldflags: str = ""

    def fingerprint(self) -> str:
        """Digest all that the result depends on."""
        digest = hashlib.sha256()
        for part in (self.name, self.package, *self.tags, self.ldflags, platform.system(), platform.machine()):
            digest.update(part.encode() + b"\0")
        for file in sorted(path for path in self.source.rglob("*") if path.is_file()):
            digest.update(str(file.relative_to(self.source)).encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()[:16]


def binary_of(program: Program) -> Path:
    """Where the compiled program is, or will be."""
    return cache_folder() / f"{program.name}-{program.fingerprint()}"


async def build(program: Program) -> Path:
    """Return the compiled program; compile it first where it is missing.

    Of two that need it at the same time, the second waits. Raises LocalError.
    """
    target = binary_of(program)
    if target.exists():
        return target
    make_folder(target.parent)
    with shown(f"building {program.name}") as progress, _disk_trouble_named(target.parent):
        waiting = "waiting for another build to end"
        async with locked(target.parent / "build.lock", lambda: progress.say(waiting)):
            if not target.exists():
                await _build_apart(program, target, progress)
    return target


async def _build_apart(program: Program, target: Path, progress: Progress) -> None:
    """Compile in a work folder that is gone afterwards, also of a killed build."""
    work = target.parent / "work"
    log = target.with_name(f"{target.name}.log")
    log.write_bytes(b"")
    await _remove(work)
    make_folder(work)
    try:
        async with Processes() as processes:
            runner = Runner(processes, log, program.source)
            go = await toolchain.find(program.source, work, runner, progress)
            await _compile(program, work / program.name, go, (runner, progress))
        (work / program.name).replace(target)
    finally:
        await _remove(work)


async def _compile(program: Program, output: Path, go: Toolchain, tell: tuple[Runner, Progress]) -> None:
    """Fetch the modules, count the packages, compile and report."""
    runner, progress = tell
    tags = f"-tags={','.join(program.tags)}"
    packages: set[str] = set()
    argv = [go.go, "list", "-deps", tags, program.package]
    listed = _listing(packages, progress)
    await runner.run(argv, "fetching Go modules", limit=DOWNLOAD_LIMIT, env=go.env, on_line=listed)
    argv = [go.go, "build", "-v", tags, f"-ldflags={program.ldflags}", "-o", str(output), program.package]
    compiled = _compiling(packages, progress)
    await runner.run(argv, f"compiling {program.name}", limit=COMPILE_LIMIT, env=go.env, on_line=compiled)
    progress.say("ready")


def _listing(packages: set[str], progress: Progress) -> Callable[[str], None]:
    """Read `go list`: packages, and between them what it downloads."""
    fetched: list[str] = []

    def read(line: str) -> None:
        if line.startswith("go: downloading "):
            fetched.append(line)
            if len(fetched) % 25 == 1:
                progress.say(f"{len(fetched)} modules fetched")
        elif not line.startswith("go: "):
            packages.add(line)

    return read


def _compiling(packages: set[str], progress: Progress) -> Callable[[str], None]:
    """Read `go build -v`: each package that it compiled, once."""
    done: set[str] = set()

    def read(line: str) -> None:
        if line in packages:
            done.add(line)
            progress.reach(len(done), len(packages))

    return read


async def _remove(folder: Path) -> None:
    """Remove a folder of any size without holding up the loop."""
    with contextlib.suppress(FileNotFoundError):
        await asyncio.to_thread(shutil.rmtree, folder)


@contextlib.contextmanager
def _disk_trouble_named(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses into a line that names the place."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise LocalError(f"building in {folder} failed: {where}: {error.strerror or error}") from error
