"""Write foreign text into nginx's configuration so that it stays text."""

LONGEST = 1000
"""Bytes of one foreign text: nginx reads words of up to 4096, quoting can triple it."""


class UnservableError(ValueError):
    """An Ingress cannot be served; the message says which field and why."""


def printable(text: str, where: str) -> str:
    """Return text that may stand in a configuration; raises UnservableError naming `where`."""
    if not text.isprintable():
        raise UnservableError(f"{where}: control characters are not allowed")
    if len(text.encode()) > LONGEST:
        raise UnservableError(f"{where}: longer than {LONGEST} bytes")
    return text


def quoted(text: str) -> str:
    """Write one word. It must be printable; variables in it are the caller's care."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def literal(text: str) -> str:
    """Write a regular expression (PCRE) that matches exactly this text."""
    return "".join(char if char.isalnum() or char == "_" else f"\\{char}" for char in text)
