"""Flags in kubectl's manner, first of all those that say where the cluster is.

The connection flags stand before or after the command, as users of kubectl are used to. Where both are given, the
later one counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from serinus.api.amounts import parse_duration
from serinus.cli.gostyle import go_style

if TYPE_CHECKING:
    from serinus.kube.options import ConnectionOptions

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LEVELS = {
    "trace": "DEBUG",
    "debug": "DEBUG",
    "info": "INFO",
    "warn": "WARNING",
    "warning": "WARNING",
    "error": "ERROR",
    "fatal": "CRITICAL",
    "panic": "CRITICAL",
}
_META = "serinus.connection"


class ObjectName(click.ParamType[str]):
    """The name of an object: it becomes part of a path, so nothing else may."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what no object can be called."""
        if not _NAME.fullmatch(str(value)):
            self.fail(f"{value!r} cannot be the name of an object: use a-z, 0-9, '-' and '.'", param, ctx)
        return str(value)


class Duration(click.ParamType[float]):
    """A Go duration such as 30s or 1h30m: seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the text; a plain 0 needs no unit."""
        if isinstance(value, float):
            return value
        try:
            seconds = parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds < 0:
            self.fail(f"{value!r} is negative", param, ctx)
        return seconds


class LogLevel(click.ParamType[str]):
    """A level of Argo Rollouts' log, as one of ours."""

    name = "level"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Find the level of the logging library that is nearest."""
        level = _LEVELS.get(str(value).lower(), str(value))
        if level not in _LEVELS.values():
            self.fail(f"{value!r} is none of {', '.join(_LEVELS)}", param, ctx)
        return level


# name of the field in ConnectionOptions (none: accepted for kubectl's sake), flags, help, more
_FLAGS: tuple[tuple[str, list[str], str, dict[str, Any]], ...] = (
    ("kubeconfig", ["--kubeconfig"], "Kubeconfig file.", {"type": click.Path()}),
    ("context", ["--context"], "Context of the kubeconfig.", {}),
    ("cluster", ["--cluster"], "Cluster of the kubeconfig.", {}),
    ("user", ["--user"], "User of the kubeconfig.", {}),
    ("namespace", ["-n", "--namespace"], "Namespace of this request.", {"type": ObjectName()}),
    ("server", ["-s", "--server"], "Address of the API server.", {}),
    ("token", ["--token"], "Bearer token.", {}),
    ("certificate_authority", ["--certificate-authority"], "Certificate of the authority.", {"type": click.Path()}),
    ("client_certificate", ["--client-certificate"], "Client certificate.", {"type": click.Path()}),
    ("client_key", ["--client-key"], "Key of the client certificate.", {"type": click.Path()}),
    (
        "insecure_skip_tls_verify",
        ["--insecure-skip-tls-verify"],
        "Do not check the server's certificate.",
        {"is_flag": True, "default": None},
    ),
    ("tls_server_name", ["--tls-server-name"], "Name that the server's certificate must have.", {}),
    ("disable_compression", ["--disable-compression"], "Ask for plain answers.", {"is_flag": True, "default": None}),
    ("request_timeout", ["--request-timeout"], "Time limit of one request, as in 5s.", {"type": Duration()}),
    ("as_user", ["--as"], "User to act as.", {}),
    ("as_group", ["--as-group"], "Group to act as; may be repeated.", {"multiple": True}),
    ("as_uid", ["--as-uid"], "UID to act as.", {}),
    ("", ["--cache-dir"], "Accepted; nothing is cached.", {"type": click.Path()}),
    ("loglevel", ["--loglevel"], "Least level of the log: debug, info, warn, error.", {"type": LogLevel()}),
    ("kloglevel", ["-v", "--kloglevel"], "Verbosity of the cluster's client; from 6, every request.", {"type": int}),
)


class ConnectionFlag(click.Option):
    """One of the flags that say where the cluster is."""


def add_connection_flags(command: click.Command) -> None:
    """Let a command take the connection flags, unless it has a flag of that name itself."""
    taken = {name for param in command.params for name in param.opts}
    for field, names, text, more in _FLAGS:
        free = [name for name in names if name not in taken]
        if names[-1] not in taken:
            command.params.append(
                ConnectionFlag([field or "_ignored", *free], help=text, expose_value=False, callback=_remember, **more)
            )


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value is not None and value != ():
        ctx.meta.setdefault(_META, {})[param.name] = value


def connection_options(ctx: click.Context) -> ConnectionOptions:
    """What the connection flags say, wherever they stood."""
    from serinus.kube.options import ConnectionOptions  # noqa: PLC0415 - help and version need no cluster

    given: dict[str, Any] = ctx.meta.get(_META, {})
    names = {field for field, *_ in _FLAGS} - {"", "loglevel", "kloglevel"}
    return ConnectionOptions(**{name: value for name, value in given.items() if name in names})


def set_up_log(ctx: click.Context) -> None:
    """Send the log to stderr as the flags say."""
    import logging  # noqa: PLC0415

    given: dict[str, Any] = ctx.meta.get(_META, {})
    logging.basicConfig(level=given.get("loglevel", "WARNING"), format="%(levelname)s %(name)s: %(message)s")
    if given.get("kloglevel", 0) >= 6:
        logging.getLogger("serinus.kube").setLevel(logging.DEBUG)


def log_level(ctx: click.Context, default: str) -> str:
    """The least level of the log that the flags ask for."""
    given: dict[str, Any] = ctx.meta.get(_META, {})
    return str(given.get("loglevel") or default)


class Command(click.Command):
    """A command that works on a cluster."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_connection_flags(self)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line, also where it is written in Go's way."""
        return super().parse_args(ctx, list(go_style(self, ctx, args)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the command's own flags, then the connection flags."""
        format_flags(self, ctx, formatter)


def format_flags(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write two lists: the command's own flags, and those of the connection."""
    for title, of_connection in (("Flags", False), ("Connection flags", True)):
        params = (item for item in command.get_params(ctx) if isinstance(item, ConnectionFlag) is of_connection)
        rows = [record for item in params if (record := item.get_help_record(ctx))]
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)
