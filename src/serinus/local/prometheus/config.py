"""How Prometheus is told what to do: one short file, and its command line."""

from pathlib import Path

import yaml

TARGETS = "targets.json"
"""The file in which it finds what to scrape."""
INTERVAL = "1s"
"""Between two scrapes of a pod: a canary on this computer lives for seconds."""
KEPT = "6h"
"""How long it remembers; an article's window is five minutes."""


def scrape_config(folder: Path) -> str:
    """Write the configuration: scrape all that the file of targets names."""
    found = {"files": [str(folder / TARGETS)], "refresh_interval": "5s"}
    return yaml.safe_dump(
        {
            "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
            "scrape_configs": [{"job_name": "pods", "file_sd_configs": [found]}],
        },
        sort_keys=False,
    )


def command_line(binary: Path, folder: Path, port: int) -> list[str]:
    """Serve on loopback, keep everything in a folder, and take up new targets at once."""
    return [
        str(binary),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={KEPT}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--scrape.discovery-reload-interval=100ms",
        "--log.level=warn",
    ]
