"""Conditions of a camera with gates that cannot count."""

from analytics.camera import Camera
from analytics.geometry.gate_view import GateFault, faulty_gates
from pipelines.events.condition import CameraCondition, Condition

_CONDITIONS = {
    GateFault.AT_EDGE: Condition.GATE_AT_EDGE,
    GateFault.TOO_SHORT: Condition.GATE_TOO_SHORT,
    GateFault.OUT_OF_REACH: Condition.GATE_OUT_OF_REACH,
}
"""Condition of each fault."""


def gate_conditions(camera: Camera) -> list[CameraCondition]:
    """Return one condition for each kind of fault, with the ids of the gates that have it."""
    faulty = faulty_gates(camera)
    return [
        CameraCondition.of(code, shape="gate", shape_id=", ".join(f.gate for f in faulty if f.fault is fault))
        for fault, code in _CONDITIONS.items()
        if any(f.fault is fault for f in faulty)
    ]
