"""Manifests from files, as commands are given them."""

import sys
from pathlib import Path

from serinus.cli.failure import Failure
from serinus.lint.source import Document, SourceError, read

STDIN = "-"


def read_file(file: str) -> tuple[Document, ...]:
    """The objects of a file, or of standard input (``-``); a `Failure` says where it is no YAML."""
    try:
        return read(text_of(file), file)
    except SourceError as error:
        raise Failure(f"{file}:{error.place.line}:{error.place.column}: {error}") from None


def text_of(file: str) -> str:
    """The text of a file, or of standard input (``-``); a `Failure` where it cannot be read."""
    try:
        return sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise Failure(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Failure(f"{file}: it is no text in UTF-8") from None
