"""What must change for a Rollout to move one safe step forward.

Law of the room: pure. ``Seen`` and the moment go in, a ``Plan`` comes out; the same two give the same plan, and a plan
that has been carried out is followed by an empty one. Only ``order`` decides in which order things happen, and it keeps
the safety law: no ReplicaSet shrinks, and no Service selector leaves it, while traffic may still reach it.
"""
