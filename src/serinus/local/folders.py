"""Where things are kept: what can be rebuilt, and what a cluster is."""

import contextlib
import logging
import os
from pathlib import Path

from serinus.local.errors import LocalError


def cache_folder() -> Path:
    """The folder for what can be built again, for example binaries."""
    return _folder("SERINUS_CACHE", "XDG_CACHE_HOME", ".cache")


def state_folder() -> Path:
    """The folder that holds one folder per cluster."""
    return _folder("SERINUS_STATE", "XDG_STATE_HOME", ".local/state")


def make_folder(folder: Path) -> Path:
    """Create a folder, with its parents, where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(f"cannot create the folder {folder}: {error.strerror}") from error
    return folder


def private_folder(folder: Path) -> Path:
    """Create a folder that only its owner may enter."""
    make_folder(folder)
    try:
        folder.chmod(0o700)
    except OSError as error:
        raise LocalError(f"cannot keep the folder {folder} private: {error.strerror}") from error
    return folder


def log_into(folder: Path) -> None:
    """Keep what this process logs beside the other logs of a cluster's folder."""
    private_folder(folder)
    private_folder(folder / "logs")
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(filename=folder / "logs" / "serinus.log", format=form, level=logging.INFO)


def _folder(own: str, shared: str, at_home: str) -> Path:
    """Look in our variable, then in the desktop's, then at home."""
    if folder := os.environ.get(own):
        return Path(folder).absolute()
    if folder := os.environ.get(shared):
        return Path(folder).absolute() / "serinus"
    try:
        return Path.home() / at_home / "serinus"
    except RuntimeError as error:
        raise LocalError(f"there is no home folder to keep things in; set ${own} to a folder") from error


def write_private(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner may read, at once or not at all."""
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise LocalError(f"cannot write {path}: {error.strerror}") from error
    return path
