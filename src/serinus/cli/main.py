"""The program: which commands there are, and how it ends."""

import os
import sys
from pathlib import PurePath

import click

from serinus.cli.failure import say, say_usage
from serinus.cli.lazy import Lazy, LazyGroup

PLUGIN = "kubectl-argo-rollouts"

COMMANDS = {
    "get": Lazy("serinus.cli.groups:get", "Show a Rollout or an Experiment and all that belongs to it"),
    "list": Lazy("serinus.cli.groups:list_", "List Rollouts or Experiments"),
    "status": Lazy("serinus.cli.status:status", "Show or follow the status of a Rollout"),
    "create": Lazy("serinus.cli.create:create", "Create objects from files, or an AnalysisRun from a template"),
    "set": Lazy("serinus.cli.groups:set_", "Change a Rollout, such as its image"),
    "promote": Lazy("serinus.cli.promote:promote", "End a pause, or skip what is left"),
    "pause": Lazy("serinus.cli.pause:pause", "Pause Rollouts"),
    "abort": Lazy("serinus.cli.abort:abort", "Abort updates: all traffic back to stable"),
    "retry": Lazy("serinus.cli.groups:retry", "Try an aborted update, or an Experiment, again"),
    "terminate": Lazy("serinus.cli.groups:terminate", "End an AnalysisRun or an Experiment"),
    "undo": Lazy("serinus.cli.undo:undo", "Go back to an earlier revision"),
    "restart": Lazy("serinus.cli.restart:restart", "Replace the pods of a Rollout one after the other"),
    "lint": Lazy("serinus.cli.lint:lint", "Check manifests without a cluster"),
    "up": Lazy("serinus.cli.up:up", "Start a real cluster on this computer"),
    "down": Lazy("serinus.cli.down:down", "End a cluster that 'up' has started"),
    "demo": Lazy("serinus.cli.demo:demo", "See a canary through nginx on a cluster of its own"),
    "controller": Lazy("serinus.cli.controller:controller", "Run the controller"),
    "adopt": Lazy("serinus.cli.adopt:adopt", "Turn a Deployment into a Rollout without a gap in capacity"),
    "eject": Lazy("serinus.cli.eject:eject", "Give a Rollout's place back to a Deployment"),
    "migrate": Lazy("serinus.cli.migrate:migrate_", "Print the HTTPRoute that replaces a Rollout's nginx Ingress"),
    "crds": Lazy("serinus.cli.crds:crds", "Print the custom resource definitions"),
    "completion": Lazy("serinus.cli.completion:completion", "Print a script that completes commands in a shell"),
    "version": Lazy("serinus.cli.version:version", "Print the version"),
    "__complete": Lazy("serinus.cli.completion:complete", "Answer kubectl's completion", is_hidden=True),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.pass_context
def root(ctx: click.Context) -> None:
    """Progressive delivery for Kubernetes: look at Rollouts and steer them."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line of this process and exit."""
    code = run(sys.argv[0], sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        # It was told already. Python would try once more at its end, and make another exit code of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or 1
    sys.exit(code)


def run(called: str, args: list[str]) -> int:
    """Run a command line; returns the exit code."""
    name = executable(called)
    try:
        code = root.main(args, prog_name=spoken(name), complete_var=complete_var(name), standalone_mode=False)
    except click.UsageError as error:
        say_usage(error)
        return 1
    except click.ClickException as error:
        say(error.format_message())
        return 1
    except OSError as error:  # a full disk behind stdout, a kubeconfig that may not be read
        say(": ".join(filter(None, [error.strerror or str(error), error.filename])))
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    return code if isinstance(code, int) else 0


def executable(called: str) -> str:
    """The name of the program as it was called: ours, or that of kubectl's plugin."""
    return PLUGIN if PurePath(called).stem == PLUGIN else "serinus"


def spoken(name: str) -> str:
    """How people type it."""
    return name.replace("-", " ") if name == PLUGIN else name


def complete_var(name: str) -> str:
    """The variable through which a shell asks the program for completions."""
    return f"_{name.replace('-', '_').upper()}_COMPLETE"
