"""Positions and motion of all simulated road users at one time step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.facts import IncidentType


@dataclass(frozen=True, slots=True)
class TrafficState:
    """Road users of one site at time `t`, in seconds since the simulation began.

    keys: (N,) identifier of each road user, constant while it is in the simulation.
    type_index: (N,) index into `vehicle_types.VEHICLE_TYPES`. xy: (N, 2) ground metres of its centre.
    heading: (N,) radians from east, counter-clockwise. speed: (N,) m/s.
    braking, hazard: (N,) whether the brake lamps and the hazard lamps are lit.
    active_incidents: type of each incident in progress and the keys of its participants.
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
