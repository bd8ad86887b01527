"""How fast the controller is, and what it costs: two workloads that any controller of the kinds can be put to.

Law of the room: it watches from outside. What it knows, it knows from the API, the API server's audit log and the
process table, so that the same figures can be taken of another controller. Nothing of the project imports it.
"""
