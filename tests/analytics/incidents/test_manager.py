"""Life of incidents: raised once, matched across track ids, ended once."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.facts import IncidentEvidence, IncidentType
from analytics.incidents.base import IncidentCandidate
from analytics.incidents.manager import ENDS_AFTER_S, SAME_INCIDENT_M, IncidentManager
from analytics.road_users import RoadUser
from analytics.tracks.scene import Scene
from tests.support.builders import metric_camera, straight_road

STOPPED = IncidentCandidate(
    type=IncidentType.STOPPED_VEHICLE,
    zone=0,
    start_s=1.0,
    seen_s=9.0,
    pixel=(500.0, 500.0),
    position=(50.0, 50.0),
    confidence=0.7,
    evidence=IncidentEvidence(road_user=RoadUser.CAR, duration_s=8.0, passed_by=0),
    track=1,
)


class Scripted:
    """A detector that returns given candidates."""

    def __init__(self):
        self.candidates = []

    def observe(self, scene, levels):
        return self.candidates

    def drop(self, expired):
        pass


@pytest.fixture
def manager():
    return IncidentManager(metric_camera(zones=[straight_road()]))


def observe(manager, t, *candidates):
    detector = Scripted()
    detector.candidates = list(candidates)
    manager._detectors = (detector,)
    return manager.observe(Scene.of(t, [], np.array([[1.0, 0.0]]), calibrated=True), None)


def test_an_incident_is_raised_once_with_the_facts_of_its_first_candidate(manager):
    (raised,) = observe(manager, 9.0, STOPPED)
    assert (raised.number, raised.zone, raised.start_s, raised.detected_s, raised.end_s) == (1, "east", 1.0, 9.0, None)
    assert raised.ground == (50.0, 50.0)
    assert raised.evidence == STOPPED.evidence
    assert raised.reason == "A car has stood still for 8 s in a live lane, with the road ahead free."
    assert observe(manager, 10.0, replace(STOPPED, seen_s=10.0, confidence=0.9)) == []


def test_another_track_near_it_is_the_same_incident(manager):
    observe(manager, 9.0, STOPPED)
    near = replace(STOPPED, track=2, position=(50.0 + SAME_INCIDENT_M - 1, 50.0), seen_s=10.0)
    far = replace(STOPPED, track=3, position=(50.0 + SAME_INCIDENT_M + 1, 50.0), seen_s=10.0)
    assert observe(manager, 10.0, near) == []
    assert [raised.number for raised in observe(manager, 10.5, near, replace(far, position=(90.0, 50.0)))] == [2]


def test_another_type_or_zone_is_another_incident(manager):
    observe(manager, 9.0, STOPPED)
    other = replace(STOPPED, type=IncidentType.WRONG_WAY)
    outside = replace(STOPPED, zone=None)
    assert [raised.type for raised in observe(manager, 9.5, STOPPED, other, outside)] == [
        IncidentType.WRONG_WAY,
        IncidentType.STOPPED_VEHICLE,
    ]


def test_an_incident_ends_at_its_last_candidate(manager):
    observe(manager, 9.0, STOPPED)
    observe(manager, 12.0, replace(STOPPED, seen_s=12.0))
    last = 12.0 + ENDS_AFTER_S[IncidentType.STOPPED_VEHICLE]
    assert manager.end_stale(last) == []
    (ended,) = manager.end_stale(last + 0.1)
    assert (ended.number, ended.end_s) == (1, 12.0)
    assert len(manager) == 0


def test_reset_ends_all_incidents_and_numbers_continue(manager):
    observe(manager, 9.0, STOPPED)
    assert [ended.end_s for ended in manager.reset()] == [9.0]
    assert [raised.number for raised in observe(manager, 9.5, STOPPED)] == [2]
