"""What chance allows."""

import math


def near(observed: float, share: float, draws: int = 2000) -> bool:
    """Whether what so many draws gave is within four standard errors of a share; 0 and 1 are exact."""
    return abs(observed - share) <= 4 * math.sqrt(share * (1 - share) / draws) + 1e-12
