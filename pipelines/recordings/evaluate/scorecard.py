"""All scores of one recording, computed from its facts and its ground truth."""

from dataclasses import dataclass

from analytics.ground_truth import GroundTruth
from analytics.scoring.scores import (
    CrossingScore,
    IncidentScore,
    IntervalScore,
    MovementScore,
    score_crossings,
    score_incidents,
    score_intervals,
    score_movements,
)
from pipelines.recordings.recording_facts import RecordingFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Scores of one recording of `duration_s` seconds. movements: None without a ground truth of movements."""

    duration_s: float
    crossings: CrossingScore
    incidents: IncidentScore
    intervals: IntervalScore
    movements: MovementScore | None

    @property
    def false_alarms_per_hour(self) -> float:
        """False incident alerts per hour of recording."""
        return len(self.incidents.false_alarms) * 3600 / self.duration_s


def score_recording(facts: RecordingFacts, truth: GroundTruth) -> Scorecard:
    """Score the facts of a recording against its ground truth."""
    return Scorecard(
        duration_s=truth.duration_s,
        crossings=score_crossings(facts.crossings, truth),
        incidents=score_incidents(facts.incidents, truth),
        intervals=score_intervals(facts.intervals, truth),
        movements=score_movements(facts.movements, truth),
    )
