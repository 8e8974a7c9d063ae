"""One instant of the simulated road."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.facts import IncidentType


@dataclass(frozen=True, slots=True)
class TrafficState:
    """t: seconds since the simulation began. keys: (N,) one number per road user, for as long as it is there.

    body: (N,) index into `bodies.ALL_BODIES`. xy: (N, 2) ground metres of its middle. heading: (N,) radians from
    east, counter-clockwise. speed: (N,) m/s. braking, hazard: (N,) whether these lamps are lit.
    staged: the script's incidents that are on, each with the keys of who takes part.
    """

    t: float
    keys: NDArray[np.int64]
    type_index: NDArray[np.int64]
    xy: NDArray[np.float64]
    heading: NDArray[np.float64]
    speed: NDArray[np.float64]
    braking: NDArray[np.bool_]
    hazard: NDArray[np.bool_]
    active_incidents: tuple[tuple[IncidentType, tuple[int, ...]], ...] = ()

    def __len__(self) -> int:
        return len(self.keys)
