"""Offline checks of manifests: the findings that a cluster would give later, with file, line and column.

Law of the room: pure. Texts come in, findings come out; nothing is read from disk, but for
its own table of Kubernetes' fields, and nothing is asked of a cluster. What is wrong
with a Rollout, a template or a route is said by the very functions that the controller uses: this room only finds the
objects in the files, puts them together, and finds the place of each complaint. What the files do not hold is taken
to be as it should.
"""
