"""Which part of a log somebody wants to read, and in which form. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from serinus.local.kubelet.logs import log_time


class LogQueryError(Exception):
    """A parameter that cannot be read; says which."""


@dataclass(frozen=True)
class LogQuery:
    """The parameters of `GET .../log` that a kubelet obeys (core/v1, PodLogOptions)."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int | None = None
    limit: int | None = None
    since: bytes = b""

    def select(self, stored: bytes) -> bytes:
        """Choose from all that is stored so far, and put it into its form."""
        lines = [line for line in stored.split(b"\n") if line and line >= self.since]
        if self.tail is not None:
            lines = lines[-self.tail :] if self.tail else []
        return b"".join(self._form(line) for line in lines)

    def more(self, stored: bytes) -> bytes:
        """Put lines that came later into their form."""
        return b"".join(self._form(line) for line in stored.split(b"\n") if line and line >= self.since)

    def _form(self, line: bytes) -> bytes:
        time, _, tag, text = line.split(b" ", 3)
        whole = text + b"\n" if tag == b"F" else text
        return time + b" " + whole if self.timestamps else whole


def read_query(params: Mapping[str, str], now: datetime) -> LogQuery:
    """Read a request's parameters. Raises LogQueryError."""
    return LogQuery(
        follow=_flag(params, "follow"),
        previous=_flag(params, "previous"),
        timestamps=_flag(params, "timestamps"),
        tail=_count(params, "tailLines"),
        limit=_count(params, "limitBytes"),
        since=_since(params, now),
    )


def _flag(params: Mapping[str, str], name: str) -> bool:
    return params.get(name, "").lower() in {"1", "t", "true"}


def _count(params: Mapping[str, str], name: str) -> int | None:
    text = params.get(name, "")
    if not text:
        return None
    if not text.isdecimal():
        raise LogQueryError(f"{name}={text}: write a number that is not negative")
    return int(text)


def _since(params: Mapping[str, str], now: datetime) -> bytes:
    if seconds := _count(params, "sinceSeconds"):
        return log_time(now - timedelta(seconds=seconds))
    text = params.get("sinceTime", "")
    try:
        return log_time(datetime.fromisoformat(text)) if text else b""
    except ValueError:
        raise LogQueryError(f"sinceTime={text}: write an RFC 3339 time") from None
