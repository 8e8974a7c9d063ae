"""Confidence of an incident from its evidence: one rule per type.

The values are assumptions: the recordings with ground truth contain too few incidents to calibrate them. `python -m
bench.accuracy.incident_reliability` prints the reliability table. See docs/adr/0022-confidence-of-incidents.md.
"""

from dataclasses import dataclass

from analytics.facts import IncidentType


@dataclass(frozen=True, slots=True)
class ConfidenceRule:
    """Confidence 0..1, linear in the evidence: `lowest` without any, plus `per_unit` for each unit, up to `highest`."""

    lowest: float
    per_unit: float
    highest: float

    def confidence(self, evidence: float) -> float:
        """Return the confidence for an amount of evidence.

        >>> rule = ConfidenceRule(lowest=0.5, per_unit=0.25, highest=0.9)
        >>> rule.confidence(0), rule.confidence(1), rule.confidence(9)
        (0.5, 0.75, 0.9)
        """
        return min(self.highest, self.lowest + self.per_unit * evidence)


RULES: dict[IncidentType, ConfidenceRule] = {
    IncidentType.STOPPED_VEHICLE: ConfidenceRule(0.7, 0.05, 0.95),
    IncidentType.WRONG_WAY: ConfidenceRule(0.6, 0.02, 0.95),
    IncidentType.CONGESTION: ConfidenceRule(0.6, 0.7, 0.95),
    IncidentType.PERSON_ON_ROAD: ConfidenceRule(0.5, 0.02, 0.9),
    IncidentType.COLLISION: ConfidenceRule(0.6, 0.0, 0.6),
}
"""Rule of each type of incident [assumption: ADR 0022].

Units of evidence: road users that drove past a stopped vehicle; metres driven against the direction; relative speed
below the threshold of congestion; seconds of a pedestrian on the carriageway; none for a collision.
"""


def incident_confidence(incident_type: IncidentType, evidence: float = 0.0) -> float:
    """Return the confidence 0..1 of an incident. evidence: in the unit of its type, see `RULES`."""
    return RULES[incident_type].confidence(evidence)
