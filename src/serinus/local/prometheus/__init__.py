"""A real Prometheus that scrapes the pods of the cluster on this computer.

The law of this room: `targets` and `config` are pure; `binary` finds the
program or builds it; `server` is its process; `prometheus` keeps its list of
targets true. Prometheus itself neither talks to the API nor holds a secret.
"""

from serinus.local.prometheus.prometheus import NAMES as NAMES
from serinus.local.prometheus.prometheus import Prometheus as Prometheus
