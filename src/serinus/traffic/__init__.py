"""How each traffic layer says "20 % to the canary".

Law of the room: pure translations. A router gets the decided ``Traffic`` and the objects as they are, and says how the
objects should be. It never decides a weight, and vendors' files do not know each other.
"""
