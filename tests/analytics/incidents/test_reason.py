"""English sentence about the evidence of an incident."""

import pytest

from analytics.facts import IncidentEvidence, IncidentType
from analytics.incidents.reason import incident_reason
from analytics.road_users import RoadUser


@pytest.mark.parametrize(
    ("incident_type", "evidence", "sentence"),
    [
        (
            IncidentType.STOPPED_VEHICLE,
            IncidentEvidence(road_user=RoadUser.BUS, duration_s=12.3, passed_by=4),
            "A bus has stood still for 12 s in a live lane, and 4 road users have driven past it.",
        ),
        (
            IncidentType.WRONG_WAY,
            IncidentEvidence(road_user=RoadUser.MOTORCYCLE, duration_s=2.0, against_m=10.6),
            "A motorcycle has driven 11 m against the legal direction.",
        ),
        (
            IncidentType.CONGESTION,
            IncidentEvidence(duration_s=61.0, relative_speed=0.234),
            "Traffic moves at 23% of free flow, under half of it for over a minute.",
        ),
        (
            IncidentType.COLLISION,
            IncidentEvidence(duration_s=5.4),
            "Two vehicles met, stopped at once and have not moved for 5 s.",
        ),
    ],
)
def test_sentences_contain_the_figures(incident_type: IncidentType, evidence: IncidentEvidence, sentence: str) -> None:
    assert incident_reason(incident_type, evidence) == sentence


@pytest.mark.parametrize("incident_type", IncidentType)
def test_every_type_has_a_sentence(incident_type: IncidentType) -> None:
    assert incident_reason(incident_type, IncidentEvidence()).endswith(".")
