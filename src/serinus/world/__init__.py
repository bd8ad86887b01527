"""The rest of a cluster as rules, with virtual time: the only double of a cluster that the project has.

Law of the room: pure. Objects are plain JSON, time is a number that we move, and chance is a function of a seed and a
name, so that a run can be told again to the letter. Whoever plans is handed in as a value: the world knows nothing of
rollouts, and what it does with a ``Plan`` is what an API server would do.
"""

from serinus.world.delays import Delays
from serinus.world.planner import Planner
from serinus.world.server import RefusalError, Server
from serinus.world.world import StuckError, World

__all__ = ["Delays", "Planner", "RefusalError", "Server", "StuckError", "World"]
