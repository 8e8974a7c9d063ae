"""Gates that cannot count, although they lie in the picture: at its edge, shorter than a vehicle, or out of reach.

A crossing needs a ground point that is seen on both sides of the gate. See docs/adr/0122-gates-that-cannot-see.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import hypot

import numpy as np

from analytics.camera import Camera, Gate

MIN_ROOM_SHARE = 0.04
"""Room that a ground point needs on both sides of a gate, as a share of the picture's width or height [assumption].

Of a picture of 360 lines it is 14 lines: less than the margin by which a car near the camera must be clear of a gate.
"""

MIN_LENGTH_SHARE = 0.04
"""Length of a gate as a share of the picture's width, below which road users pass beside it [assumption].

The shortest gate of the recorded cases has 0.1.
"""

SAMPLES = 9
"""Points along a gate at which room and reach are tested [assumption]."""


class GateFault(StrEnum):
    """Reason why a gate counts nothing, or too few."""

    AT_EDGE = "at_edge"
    TOO_SHORT = "too_short"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True)
class FaultyGate:
    """A gate and why it cannot count."""

    gate: str
    fault: GateFault


def faulty_gates(camera: Camera) -> list[FaultyGate]:
    """Return the gates that cannot count, in the camera's order, each with its first fault.

    >>> edge, good = Gate(id="e", p1=(0, 355), p2=(640, 355)), Gate(id="g", p1=(0, 200), p2=(640, 200))
    >>> faulty_gates(Camera(id="c", image_size=(640, 360), gates=(edge, good)))
    [FaultyGate(gate='e', fault=<GateFault.AT_EDGE: 'at_edge'>)]
    """
    found = ((gate, _fault(gate, camera)) for gate in camera.gates)
    return [FaultyGate(gate.id, fault) for gate, fault in found if fault is not None]


def _fault(gate: Gate, camera: Camera) -> GateFault | None:
    width, height = camera.image_size
    run, rise = gate.p2[0] - gate.p1[0], gate.p2[1] - gate.p1[1]
    length = hypot(run, rise)
    if length < MIN_LENGTH_SHARE * width:
        return GateFault.TOO_SHORT
    shares = (np.arange(SAMPLES) + 0.5) / SAMPLES
    points = np.array(gate.p1) + shares[:, None] * np.array([run, rise])
    normal = np.array([-rise, run]) / length
    room = MIN_ROOM_SHARE * (np.abs(normal) @ np.array([width, height])) * normal
    for side in (points - room, points + room):
        inside = ((side >= 0) & (side <= (width, height))).all(axis=1)
        if inside.mean() < 0.5:
            return GateFault.AT_EDGE
    if camera.homography is not None and camera.homography.is_measurable(points).mean() < 0.5:
        return GateFault.OUT_OF_REACH
    return None
