"""Progressive delivery for Kubernetes.

The tour of the code, in the order in which data flows, is ARCHITECTURE.md.
"""

__version__ = "0.1.0"
