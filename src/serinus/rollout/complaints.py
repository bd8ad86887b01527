"""Complaints about fields, in the text form of apimachinery's ``field.Error``."""

from typing import Any

import msgspec


def required(path: str, detail: str) -> str:
    """A field that must be set."""
    return f"{path}: Required value: {detail}"


def invalid(path: str, value: Any, detail: str) -> str:
    """A field whose value cannot be used."""
    return f"{path}: Invalid value: {msgspec.json.encode(value).decode()}: {detail}"


def forbidden(path: str, detail: str) -> str:
    """A field that may not be set here."""
    return f"{path}: Forbidden: {detail}"
