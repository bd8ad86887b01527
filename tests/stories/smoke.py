"""A step plugin of somebody else's: it is successful at the second try."""

from pathlib import Path

from serinus.plan import StepReply, StepRun
from stories.manifests import NAME, Step

STEP: Step = {"plugin": {"name": "acme/smoke", "config": {"tries": 2}}}

_PACKAGE = """
from serinus.steps import StepReply


class Smoke:
    async def run(self, order):
        tries = (order.state or {"tries": 0})["tries"] + 1
        if tries < order.config["tries"]:
            return StepReply("Running", f"try {tries}", state={"tries": tries}, again_after=11)
        return StepReply("Successful", f"{order.rollout.name} is good", state={"tries": tries})

    async def terminate(self, order):
        return StepReply("Successful")

    async def abort(self, order):
        return StepReply("Successful", "taken back")
"""


def install(folder: Path) -> None:
    """Make a package of it that Python finds in a folder."""
    about = folder / "acme_smoke-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "acme_smoke.py").write_text(_PACKAGE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-smoke\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[serinus.steps]\nacme/smoke = acme_smoke:Smoke\n")


def reply(ask: StepRun) -> StepReply:
    """What it says in the world, where nothing is installed."""
    if ask.operation == "Abort":
        return StepReply("Successful", "taken back")
    if ask.operation == "Run" and ask.number < 2:
        return StepReply("Running", f"try {ask.number}", state={"tries": ask.number}, again_after=11)
    return StepReply("Successful", f"{NAME} is good", state={"tries": ask.number})
