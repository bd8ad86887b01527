"""How a cluster on this computer runs the controller."""

import sys

from serinus.local.cluster import LocalCluster
from serinus.local.ports import free_ports


async def run_controller(cluster: LocalCluster) -> None:
    """Run the controller as a program of its own, with rights of its own.

    It listens on free ports of loopback, so that those of several clusters do
    not get into each other's way. Returns when it is well.
    """
    metrics, health = free_ports(2)
    cluster.pages["metrics"] = f"http://127.0.0.1:{metrics}/metrics"
    argv = [sys.executable, "-m", "serinus", "controller"]
    argv += ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.controller_context]
    argv += ["--bind-address", "127.0.0.1", "--metricsPort", str(metrics), "--healthzPort", str(health)]
    argv += ["--no-leader-elect"]
    argv += [part for name, address in cluster.hosts.items() for part in ("--resolve", f"{name}={address}")]
    await cluster.run_beside("controller", argv, health=f"http://127.0.0.1:{health}/healthz")
