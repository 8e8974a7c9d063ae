"""Reliability table of the confidences of incidents."""

from analytics.facts import Incident, IncidentType
from bench.accuracy.incident_reliability import ReliabilityRow, reliability


def incident(incident_type, confidence):
    return Incident(
        number=1,
        type=incident_type,
        zone=None,
        start_s=0.0,
        detected_s=1.0,
        end_s=None,
        pixel=(0.0, 0.0),
        ground=None,
        confidence=confidence,
        reason="",
    )


def test_true_and_false_incidents_are_counted_per_type_and_bin():
    stopped, wrong_way = IncidentType.STOPPED_VEHICLE, IncidentType.WRONG_WAY
    judged = [
        (incident(stopped, 0.82), True),
        (incident(stopped, 0.88), False),
        (incident(stopped, 0.72), True),
        (incident(wrong_way, 0.85), True),
    ]
    assert reliability(judged) == [
        ReliabilityRow(stopped, 0.72, 1, 1),
        ReliabilityRow(stopped, 0.85, 1, 2),
        ReliabilityRow(wrong_way, 0.85, 1, 1),
    ]
