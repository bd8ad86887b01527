# ruff: noqa: N818 - they are outcomes, and read as such: `except NotFound`
"""What can go wrong between us and a cluster.

    KubeError
    ├── ConfigError          no usable kubeconfig, context, certificate or credential plugin
    ├── Unreachable          no answer: refused, timed out, cut off, TLS not trusted
    └── ApiError             the API answered no (``status``, ``reason``, ``message``, ``causes``)
        ├── Invalid          400, 422: the object or the request is malformed
        ├── Unauthorized     401: the credentials are missing, wrong or expired
        ├── Forbidden        403: known, but not allowed
        ├── NotFound         404: no such object, or no such kind
        ├── AlreadyExists    409: the name is taken
        ├── Conflict         409: the object has changed since it was read
        ├── Expired          410: the resource version is too old to watch or to page from
        └── TooManyRequests  429: come back after ``retry_after`` seconds

Anything else that the API refuses (5xx among them) is a plain `ApiError`.
`str(error)` is one line for a person and ends with what to do; `message` is what the API itself said.
"""

from __future__ import annotations

import msgspec


class KubeError(Exception):
    """Anything that this room raises on purpose."""


class ConfigError(KubeError):
    """The connection settings cannot be used as they stand."""


class Unreachable(KubeError):
    """The API server gave no complete answer.

    ``sent`` is False when the request certainly never left, so that
    even a write may be tried again.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class Cause(msgspec.Struct, frozen=True):
    """One field that the API objects to."""

    field: str = ""
    message: str = ""


class Details(msgspec.Struct, frozen=True, rename="camel"):
    """What a refusal is about."""

    causes: list[Cause] | None = None
    retry_after_seconds: int = 0


class Status(msgspec.Struct, frozen=True):
    """A refusal as the API words it (``kind: Status``)."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: Details | None = None


class ApiError(KubeError):
    """The API server refused a request."""

    hint = ""

    def __init__(self, status: Status, *, retry_after: float | None = None) -> None:
        self.status = status.code
        self.reason = status.reason
        self.message = status.message
        details = status.details or Details()
        self.causes = tuple(details.causes or ())
        self.retry_after = retry_after if retry_after is not None else details.retry_after_seconds or None
        super().__init__(f"{self.message}; {self.hint}" if self.hint else self.message)


class Invalid(ApiError):
    """The API finds the request or the object malformed."""


class Unauthorized(ApiError):
    """The API does not accept who we say we are."""

    hint = "log in again, or check the token, certificate or plugin of this user in the kubeconfig"


class Forbidden(ApiError):
    """The API knows us and does not allow this."""

    hint = "ask for a Role or ClusterRole that allows it, or use another --context"


class NotFound(ApiError):
    """There is no such object, or no such kind."""


class AlreadyExists(ApiError):
    """An object of that name is there."""


class Conflict(ApiError):
    """The object has changed since we read it."""

    hint = "read it again and repeat the change"


class Expired(ApiError):
    """The resource version is too old; list again."""


class TooManyRequests(ApiError):
    """The API asks us to slow down."""

    hint = "try again later"


_BY_CODE: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
    429: TooManyRequests,
}


def read_refusal(body: bytes, code: int, where: str, retry_after: str | None = None) -> ApiError:
    """The exception for an answer of 400 and above.

    ``where`` names the request ("GET /api/v1/pods"): proxies and unknown
    paths answer with plain text, which says nothing alone. ``retry_after``
    is the header of that name.
    """
    return refusal(_read(body, code, where), _seconds(retry_after))


def refusal(status: Status, retry_after: float | None = None) -> ApiError:
    """The exception that fits a refusal."""
    kind = AlreadyExists if status.reason == "AlreadyExists" else _BY_CODE.get(status.code, ApiError)
    return kind(status, retry_after=retry_after)


def _read(body: bytes, code: int, where: str) -> Status:
    try:
        status = msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        status = Status(message=_first_line(body))
    if status.message and status.reason:
        return msgspec.structs.replace(status, code=status.code or code)
    return msgspec.structs.replace(
        status, code=status.code or code, message=f"{where}: HTTP {code} {status.message}".rstrip()
    )


def _first_line(body: bytes) -> str:
    lines = body.decode(errors="replace").strip().splitlines()
    return lines[0][:200] if lines else ""


def _seconds(retry_after: str | None) -> float | None:
    try:
        return None if retry_after is None else max(0.0, float(retry_after))
    except ValueError:  # the other form is a date; the API server never sends it
        return None
