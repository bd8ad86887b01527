"""The table of local images: what runs in place of a container image."""

import fnmatch
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
import yaml

DEMO_APP = (sys.executable, "-I", "-S", str(Path(__file__).parent.parent / "demoapp.py"))
"""Run by its path: it starts sooner without the packages around it."""


class ImageTableError(Exception):
    """A file of images that cannot be read: says where and what to do."""


class Image(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One entry: images whose name matches `image` run as `command`.

    With `stateOnly` there is no process: the pod is ready after `delaySeconds`,
    and nothing listens. `env` is added to the container's environment.
    """

    image: str
    command: tuple[str, ...] = ()
    state_only: bool = False
    delay_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    env: dict[str, str] = msgspec.field(default_factory=dict)

    def matches(self, names: Sequence[str]) -> bool:
        """Whether the pattern, with `*` and `?`, fits one of an image's names."""
        return any(fnmatch.fnmatchcase(name, self.image) for name in names)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    images: tuple[Image, ...]


def _demo(repository: str, tag: str = "*", env: Mapping[str, str] | None = None) -> tuple[Image, ...]:
    patterns = (f"{repository}:{tag}", f"*/{repository}:{tag}")
    return tuple(Image(pattern, DEMO_APP, env=dict(env or {})) for pattern in patterns)


BUILT_IN = (
    *(Image(pattern, DEMO_APP) for pattern in ("nginx:*", "*/library/nginx:*")),
    *_demo("argoproj/rollouts-demo", "bad-*", {"ERROR_RATE": "15%"}),
    *_demo("argoproj/rollouts-demo", "slow-*", {"LATENCY_MS": "2000"}),
    *_demo("argoproj/rollouts-demo"),
)


@dataclass(frozen=True)
class ImageTable:
    """Entries in order; the first that matches wins."""

    entries: tuple[Image, ...] = BUILT_IN
    files: tuple[Path, ...] = field(default=())

    @classmethod
    def load(cls, paths: Sequence[Path] = ()) -> Self:
        """Read files of entries, which win over those built in.

        A file is YAML or JSON: `images:`, a list of entries (see `Image`). Raises
        ImageTableError, which names the file and the field that is wrong.
        """
        own = [entry for path in paths for entry in _read(path)]
        return cls((*own, *BUILT_IN), tuple(paths))

    def find(self, image: str) -> Image | None:
        """Look an image up, with or without its registry, tag and digest."""
        names = names_of(image)
        return next((entry for entry in self.entries if entry.matches(names)), None)

    def advice(self, image: str) -> str:
        """Say how to make an image known."""
        place = f"to {self.files[0]}" if self.files else "to a file and pass it with serinus up --images FILE"
        return (
            f'no local program stands for image "{image}": give the container a command, or add '
            f'{{images: [{{image: "{image}", command: [PROGRAM, ARGUMENT]}}]}} {place}, start the cluster again '
            "and delete this pod (stateOnly: true instead of a command means ready without a process)"
        )


def names_of(image: str) -> tuple[str, ...]:
    """All names under which an image may stand in the table.

    `docker.io/library/nginx@sha256:…` is `nginx:latest`, as for container tools.
    """
    name = image.partition("@")[0]
    if ":" not in name.rpartition("/")[2]:
        name += ":latest"
    short = name.removeprefix("index.").removeprefix("docker.io/").removeprefix("library/")
    return image, name, short


def _read(path: Path) -> tuple[Image, ...]:
    try:
        data: Any = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ImageTableError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ImageTableError(f"{path}: neither YAML nor JSON: {error}") from None
    try:
        entries = msgspec.convert(data, _File).images
    except msgspec.ValidationError as error:
        raise ImageTableError(
            f'{path}: {error}; it should look like images: [{{image: "shop:*", command: [shop]}}]'
        ) from None
    for number, entry in enumerate(entries):
        if bool(entry.command) == entry.state_only:
            raise ImageTableError(f"{path}: images[{number}] ({entry.image}): give either a command or stateOnly: true")
        if entry.delay_seconds and not entry.state_only:
            raise ImageTableError(f"{path}: images[{number}] ({entry.image}): delaySeconds belongs to stateOnly: true")
    return entries
