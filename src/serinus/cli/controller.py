"""serinus controller: run the controller."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import click

from serinus import __version__
from serinus.cli.accepted import accepted_flags, tell_accepted
from serinus.cli.flags import Command, Duration, connection_options, log_level
from serinus.controller.balancers import RESOURCE
from serinus.controller.main import run
from serinus.controller.resolve import FORM, addresses_of
from serinus.controller.settings import Budget, ControllerSettings, Election, Listen
from serinus.kube import KubeError, load_connection
from serinus.plan import Settings
from serinus.plugins import PluginError


@click.command("controller", cls=Command)
@click.option("--namespaced", is_flag=True, help="Serve the Rollouts of one namespace only.")
@click.option("--instance-id", default="", help="Serve only Rollouts that carry this controller-instance-id.")
@click.option("--rollout-threads", default=10, show_default=True, help="How many Rollouts are worked on at once.")
@click.option("--rollout-resync", default=900.0, show_default=True, help="Look at every Rollout again after SECONDS.")
@click.option(
    "--qps", default=40.0, show_default=True, help="Calls to the API per second on the long run; 0: no limit."
)
@click.option("--burst", default=80, show_default=True, help="Calls to the API at once.")
@click.option("--event-qps", default=5.0, show_default=True, help="Events recorded per second on the long run.")
@click.option("--event-burst", default=50, show_default=True, help="Events recorded at once.")
@click.option("--bind-address", default="0.0.0.0", show_default=True, help="Where metrics and health are served.")  # noqa: S104
@click.option("--metricsPort", "--metricsport", "metrics_port", default=8090, show_default=True, help="0: a free port.")
@click.option("--healthzPort", "healthz_port", default=8080, show_default=True, help="0: a free port.")
@click.option(
    "--leader-elect/--no-leader-elect", default=True, show_default=True, help="Elect one of several replicas."
)
@click.option("--leader-election-namespace", default="", help="Where the lease is; the service account's by default.")
@click.option("--leader-election-lease-duration", type=Duration(), default="15s", show_default=True)
@click.option("--leader-election-renew-deadline", type=Duration(), default="10s", show_default=True)
@click.option("--leader-election-retry-period", type=Duration(), default="2s", show_default=True)
@click.option(
    "--traffic-cleanup",
    type=click.Choice(["delete", "zero"]),
    default="delete",
    show_default=True,
    help="What becomes of canary routes at the end: deleted, or kept at weight 0 as Argo Rollouts does.",
)
@click.option(
    "--istio-api-version",
    type=click.Choice(["v1alpha3", "v1beta1", "v1"]),
    default="v1alpha3",
    show_default=True,
    help="The version of networking.istio.io to use; the objects are the same in all.",
)
@click.option(
    "--traffic-split-api-version",
    type=click.Choice(["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"]),
    default="v1alpha1",
    show_default=True,
    help="The version of split.smi-spec.io to use.",
)
@click.option("--traefik-api-group", default="traefik.io", show_default=True, help="traefik.containo.us for Traefik 2.")
@click.option("--traefik-api-version", default="traefik.io/v1alpha1", show_default=True, help="Of TraefikServices.")
@click.option("--ambassador-api-version", default="getambassador.io/v2", show_default=True, help="Of Mappings.")
@click.option("--appmesh-crd-version", default="v1beta2", show_default=True, help="The version of appmesh.k8s.aws.")
@click.option(
    "--gateway-stream-api-version",
    default="v1alpha2",
    show_default=True,
    help="The version of gateway.networking.k8s.io for TCPRoutes and TLSRoutes; HTTPRoutes and GRPCRoutes are v1.",
)
@click.option(
    "--aws-verify-target-group",
    "--alb-verify-weight",
    is_flag=True,
    help="Ask AWS whether an ALB has a weight in effect before an update goes on; needs serinus[aws].",
)
@click.option("--alb-tag-key-resource-id", default=RESOURCE, show_default=True, help="The tag of ALB target groups.")
@click.option(
    "--resolve",
    multiple=True,
    metavar=FORM,
    help="Where a host of a metric provider is, instead of where DNS says; may be repeated.",
)
@click.option("--drain-seconds", default=5, show_default=True, help="How long pods outlive their traffic at least.")
@click.option("--logformat", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.version_option(__version__, "--version", message="rollouts-controller: v%(version)s")
@accepted_flags
@click.pass_context
def controller(ctx: click.Context, /, **flags: Any) -> None:
    """Run the controller until it is told to end."""
    log_to_stderr(log_level(ctx, "INFO"), flags["logformat"])
    tell_accepted(ctx)
    try:
        connection = load_connection(connection_options(ctx))
        _runner()(run(connection, settings_of(flags, connection.namespace)))
    except (KubeError, PluginError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None


def settings_of(flags: dict[str, Any], namespace: str) -> ControllerSettings:
    """The controller's settings from its flags."""
    return ControllerSettings(
        plan=Settings(
            flags["traffic_cleanup"], flags["drain_seconds"], flags["instance_id"], flags["aws_verify_target_group"]
        ),
        alb_tag=flags["alb_tag_key_resource_id"],
        routers=_routers(flags),
        namespace=namespace if flags["namespaced"] else "",
        workers=flags["rollout_threads"],
        resync_seconds=flags["rollout_resync"],
        qps=flags["qps"],
        burst=flags["burst"],
        events=Budget(flags["event_qps"], flags["event_burst"]),
        election=Election(
            enabled=flags["leader_elect"],
            namespace=flags["leader_election_namespace"] or namespace,
            lease_duration=flags["leader_election_lease_duration"],
            renew_deadline=flags["leader_election_renew_deadline"],
            retry_period=flags["leader_election_retry_period"],
        ),
        listen=Listen(flags["bind_address"], flags["metrics_port"], flags["healthz_port"]),
        hosts=addresses_of(flags["resolve"]),
    )


def _routers(flags: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What the flags say to routers, by the names of their entry points."""
    traefik = flags["traefik_api_version"].rpartition("/")[2]
    return {
        "istio": {"api_version": flags["istio_api_version"]},
        "smi": {"api_version": flags["traffic_split_api_version"]},
        "traefik": {"api_version": f"{flags['traefik_api_group']}/{traefik}"},
        "ambassador": {"api_version": flags["ambassador_api_version"]},
        "appmesh": {"api_version": flags["appmesh_crd_version"]},
        "gateway": {"stream_version": flags["gateway_stream_api_version"]},
    }


def log_to_stderr(level: str, form: str) -> None:
    """One line per record: text for people, JSON for collectors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if form == "json" else _text())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _text() -> logging.Formatter:
    return logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": moment, "level": record.levelname.lower(), "msg": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    """The faster loop where it is to be had."""
    try:
        return import_module("uvloop").run  # type: ignore[no-any-return]
    except ImportError:
        return asyncio.run
