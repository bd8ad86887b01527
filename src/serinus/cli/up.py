"""`serinus up`: a real cluster on this computer."""

import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    name: str
    images: tuple[Path, ...]
    controller: bool
    kubeconfig_out: Path | None
    audit: bool
    mesh: bool = False
    vendors: tuple[str, ...] = ()
    prometheus: bool = False

    def argv(self) -> list[str]:
        """The command line that asks for the same in the foreground."""
        argv = [sys.executable, "-m", "serinus", "up", "--name", self.name]
        argv += [part for path in self.images for part in ("--images", str(path.absolute()))]
        argv += [] if self.controller else ["--no-controller"]
        argv += [] if self.audit else ["--no-audit"]
        argv += ["--mesh"] if self.mesh else []
        argv += ["--prometheus"] if self.prometheus else []
        argv += [part for vendor in self.vendors for part in ("--vendor", vendor)]
        if self.kubeconfig_out:
            argv += ["--kubeconfig-out", str(self.kubeconfig_out.absolute())]
        return argv


@click.command("up")
@click.option("--name", default="default", show_default=True, help="Name of the cluster; several may be up at once.")
@click.option("--detach", is_flag=True, help="Leave it running in the background.")
@click.option("--wait/--no-wait", default=True, help="With --detach: return when it is ready (default), or at once.")
@click.option("--controller/--no-controller", default=True, help="Run the controller too (default), or a bare cluster.")
@click.option("--kubeconfig-out", type=FILE, help="Write a copy of the kubeconfig to this file.")
@click.option("--images", type=FILE, multiple=True, help="Table that says which local program an image means.")
@click.option("--audit/--no-audit", default=True, help="Log every request to the API (default).")
@click.option("--mesh", is_flag=True, help="Run Envoy too: for Istio's VirtualServices and for Gateway API.")
@click.option(
    "--prometheus",
    is_flag=True,
    help="Run Prometheus too, which scrapes the pods; without one on the PATH it is compiled once, in some minutes.",
)
@click.option(
    "--vendor",
    "vendors",
    multiple=True,
    help="Install a vendor's kinds: istio, gateway-api, smi, traefik, contour, argo-rollouts.",
)
def up(  # noqa: PLR0913, PLR0917 - one per option
    name: str,
    detach: bool,
    wait: bool,
    controller: bool,
    kubeconfig_out: Path | None,
    images: tuple[Path, ...],
    audit: bool,
    mesh: bool,
    prometheus: bool,
    vendors: tuple[str, ...],
) -> None:
    """Start a real Kubernetes cluster on this computer.

    etcd, kube-apiserver and kube-controller-manager are compiled once (some
    minutes) and start in seconds afterwards. Ctrl-C stops it; `serinus down`
    also removes its data.
    """
    wish = Wish(name, images, controller, kubeconfig_out, audit, mesh, vendors, prometheus)
    with plain_errors():
        if detach:
            asyncio.run(_detach(wish, wait))
        else:
            asyncio.run(_serve(wish))


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show what went wrong as one message and exit code 1."""
    from serinus.kube.errors import KubeError  # noqa: PLC0415
    from serinus.local.errors import LocalError  # noqa: PLC0415

    try:
        yield
    except ModuleNotFoundError as error:
        advice = "install serinus with its extras: pip install 'serinus[local]'"
        raise click.ClickException(f"the package {error.name!r} is not installed; {advice}") from error
    except (LocalError, KubeError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the system'}: {error.strerror or error}") from error


async def _serve(wish: Wish) -> None:
    """Run the cluster until somebody stops it, or a part of it fails."""
    from serinus.local.cluster import LocalCluster, Settings  # noqa: PLC0415
    from serinus.local.controller import run_controller  # noqa: PLC0415
    from serinus.local.folders import log_into  # noqa: PLC0415

    if wish.kubeconfig_out:
        _check_writable(wish.kubeconfig_out)
    stopped = _stop_on_signals()
    began = time.monotonic()
    cluster = LocalCluster(
        Settings(
            wish.name,
            images=wish.images,
            audit=wish.audit,
            vendors=wish.vendors,
            mesh=wish.mesh,
            prometheus=wish.prometheus,
        )
    )
    log_into(cluster.state)
    ready = False
    try:
        async with cluster:
            if wish.kubeconfig_out:
                _copy(cluster.kubeconfig, wish.kubeconfig_out)
            if wish.controller:
                await run_controller(cluster)
            click.echo(_guide(wish, cluster.state, time.monotonic() - began))
            ready = True
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
    if not ready:
        raise click.ClickException("stopped before the cluster was ready")
    click.echo(f"Stopped. Its data stay in {cluster.state}; `serinus down --name {wish.name}` removes them.")


def _stop_on_signals() -> asyncio.Event:
    """Let Ctrl-C and SIGTERM cancel this task; the event tells that they did."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    stopped = asyncio.Event()
    assert task is not None

    def stop() -> None:
        if not stopped.is_set():  # a second one must not disturb the clean stop
            stopped.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    return stopped


def _guide(wish: Wish, folder: Path, seconds: float | None = None) -> str:
    """Say where things are and what to do next."""
    from serinus.local import state  # noqa: PLC0415
    from serinus.local.programs import kubernetes_version  # noqa: PLC0415

    found = state.read(folder)
    assert found is not None
    kubeconfig = wish.kubeconfig_out or found.kubeconfig
    lines = [
        f"Cluster {wish.name} is up: Kubernetes {kubernetes_version()}" + (f", {seconds:.1f} s" if seconds else ""),
        f"  API         {found.server}",
        f"  kubeconfig  {kubeconfig} (contexts {found.context}, {found.controller_context})",
        *(f"  {kind:<10}  http://{address}" for kind, address in found.gateways.items()),
        *(f"  {name:<10}  {address}" for name, address in found.pages.items()),
        *([f"  analyses    know Prometheus as http://{next(iter(found.hosts))}"] if found.hosts else []),
        f"  logs        {folder / 'logs'}",
        *([f"  audit log   {found.audit_log}"] if found.audit_log else []),
        "Next:",
        f"  export KUBECONFIG={kubeconfig}",
        "  kubectl get nodes",
        f"  serinus down{'' if wish.name == 'default' else f' --name {wish.name}'}",
    ]
    return "\n".join(lines)


def _check_writable(target: Path) -> None:
    """Refuse a file that is somebody else's kubeconfig, before anything starts."""
    import yaml  # noqa: PLC0415

    from serinus.local.errors import LocalError  # noqa: PLC0415

    if not target.absolute().parent.is_dir():
        raise LocalError(f"cannot write {target}: there is no folder {target.absolute().parent}")
    if not target.exists() or not target.stat().st_size:
        return
    try:
        found = yaml.safe_load(target.read_text())
        ours = all(one["name"].startswith("serinus-") for one in found["clusters"])
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        ours = False
    if not ours:
        raise LocalError(f"{target} holds something that is not ours; choose another file for --kubeconfig-out")


def _copy(source: Path, target: Path) -> None:
    from serinus.local.folders import write_private  # noqa: PLC0415

    write_private(target, source.read_bytes())


async def _detach(wish: Wish, wait: bool) -> None:
    """Start the same command in the background; return when it is ready."""
    from serinus.local import background, state  # noqa: PLC0415
    from serinus.local.build import build  # noqa: PLC0415
    from serinus.local.programs import control_plane  # noqa: PLC0415

    folder = state.folder_of(wish.name)
    if wish.kubeconfig_out:
        _check_writable(wish.kubeconfig_out)
    await build(control_plane())  # here, where the user sees how far it is
    if wish.prometheus:
        from serinus.local.prometheus.binary import prometheus_binary  # noqa: PLC0415

        await prometheus_binary()
    began = time.monotonic()
    process = background.start(wish.argv(), folder)
    if wait:
        await background.until_ready(process, folder, ["controller"] if wish.controller else [])
        click.echo(_guide(wish, folder, time.monotonic() - began))
