"""Talk to a cluster, of any kind, about anything.

The law of this room: it knows the API's grammar (paths, lists, watches, patches, refusals) and none of its
words. No kind of ours, no decision, nothing else of serinus. What it hands out is frozen, what it holds it
alone writes, every call has a time limit, and every error says what to do.

    options → load_connection → Client → Informer → Store, and keys through a Queue

Names are loaded when they are first used: whoever only catches a `KubeError` does not pay for an HTTP stack.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serinus.kube.client import Client as Client
    from serinus.kube.config import Connection as Connection
    from serinus.kube.config import load_connection as load_connection
    from serinus.kube.election import LeaderElection as LeaderElection
    from serinus.kube.election import LeadershipLost as LeadershipLost
    from serinus.kube.errors import AlreadyExists as AlreadyExists
    from serinus.kube.errors import ApiError as ApiError
    from serinus.kube.errors import Cause as Cause
    from serinus.kube.errors import ConfigError as ConfigError
    from serinus.kube.errors import Conflict as Conflict
    from serinus.kube.errors import Expired as Expired
    from serinus.kube.errors import Forbidden as Forbidden
    from serinus.kube.errors import Invalid as Invalid
    from serinus.kube.errors import KubeError as KubeError
    from serinus.kube.errors import NotFound as NotFound
    from serinus.kube.errors import Status as Status
    from serinus.kube.errors import TooManyRequests as TooManyRequests
    from serinus.kube.errors import Unauthorized as Unauthorized
    from serinus.kube.errors import Unreachable as Unreachable
    from serinus.kube.objects import Object as Object
    from serinus.kube.objects import ObjectMeta as ObjectMeta
    from serinus.kube.objects import OwnerReference as OwnerReference
    from serinus.kube.objects import decode_object as decode_object
    from serinus.kube.options import ConnectionOptions as ConnectionOptions
    from serinus.kube.queue import Closed as Closed
    from serinus.kube.queue import Key as Key
    from serinus.kube.queue import Queue as Queue
    from serinus.kube.store import Store as Store
    from serinus.kube.watch import Informer as Informer

_ROOMS = {
    "client": ("Client",),
    "config": ("Connection", "load_connection"),
    "election": ("LeaderElection", "LeadershipLost"),
    "errors": (
        "AlreadyExists",
        "ApiError",
        "Cause",
        "ConfigError",
        "Conflict",
        "Expired",
        "Forbidden",
        "Invalid",
        "KubeError",
        "NotFound",
        "Status",
        "TooManyRequests",
        "Unauthorized",
        "Unreachable",
    ),
    "objects": ("Object", "ObjectMeta", "OwnerReference", "decode_object"),
    "options": ("ConnectionOptions",),
    "queue": ("Closed", "Key", "Queue"),
    "store": ("Store",),
    "watch": ("Informer",),
}
_HOME = {name: module for module, names in _ROOMS.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - a test holds it equal to the imports above


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
