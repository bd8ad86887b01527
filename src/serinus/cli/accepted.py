"""Flags of Argo Rollouts' controller that need not, or cannot, do anything here.

Whoever changes the controller's image keeps its arguments: each of them is taken, and those that are given are told
once, with the reason.
"""

import logging
from collections.abc import Callable
from typing import Any

import click

log = logging.getLogger(__name__)

_POOLS = "one pool of workers serves everything: --rollout-threads"
_CLASSES = "every Ingress that a Rollout names is watched, whatever its class"
_AWS = "weights are verified, and targets are not: pods outlive their traffic by --drain-seconds"

FLAGS: dict[str, tuple[str, bool]] = {
    # flag: why it does nothing, and whether it is a switch
    "--experiment-threads": (_POOLS, False),
    "--analysis-threads": (_POOLS, False),
    "--service-threads": (_POOLS, False),
    "--ingress-threads": (_POOLS, False),
    "--ephemeral-metadata-threads": (_POOLS, False),
    "--ephemeral-metadata-update-pod-retries": ("what fails is tried again by the next look at the Rollout", False),
    "--ingress-api-version": ("Ingresses are networking.k8s.io/v1, which every cluster since 1.19 has", False),
    "--alb-ingress-classes": (_CLASSES, False),
    "--nginx-ingress-classes": (_CLASSES, False),
    "--aws-target-group-binding-api-version": (_AWS, False),
    "--self-service-notification-enabled": ("notifications are not sent yet", True),
    "--controllers": ("all kinds are served", False),
    "--enable-pprof-address": ("it serves profiles of Go programs", False),
}


def accepted_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take the flags, without handing them on."""
    for flag, (_, is_switch) in FLAGS.items():
        more: dict[str, Any] = {"is_flag": True} if is_switch else {"multiple": True}
        option = click.option(flag, hidden=True, expose_value=False, callback=_note, **more)
        command = option(command)
    return command


def tell_accepted(ctx: click.Context) -> None:
    """Say of each of the flags that were given why it does nothing."""
    for flag in ctx.meta.get(__name__, ()):
        log.warning("%s has no effect: %s", flag, FLAGS[flag][0])


def _note(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        ctx.meta.setdefault(__name__, []).append(param.opts[0])
