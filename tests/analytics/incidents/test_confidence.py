"""Confidence of incidents from their evidence."""

import pytest

from analytics.facts import IncidentType
from analytics.incidents.confidence import RULES, incident_confidence


def test_every_type_has_a_rule():
    assert set(RULES) == set(IncidentType)


@pytest.mark.parametrize("incident_type", IncidentType)
def test_confidence_grows_with_evidence_up_to_its_highest_value(incident_type):
    values = [incident_confidence(incident_type, evidence) for evidence in (0.0, 0.2, 1.0, 5.0, 1e6)]
    assert values == sorted(values)
    assert 0 < values[0] <= values[-1] == RULES[incident_type].highest < 1


def test_published_values_are_unchanged():
    assert incident_confidence(IncidentType.STOPPED_VEHICLE, 3) == pytest.approx(0.85)
    assert incident_confidence(IncidentType.WRONG_WAY, 9.0) == pytest.approx(0.78)
    assert incident_confidence(IncidentType.COLLISION) == 0.6
