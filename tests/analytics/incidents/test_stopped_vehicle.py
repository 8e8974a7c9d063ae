"""Stopped vehicles, and vehicles that only wait. One car drives 400 px (40 m) into the road and stops there."""

import pytest

from analytics.facts import Incident, IncidentType
from tests.support.analysis import analyse
from tests.support.builders import Drive, metric_camera, straight_road

STOP = 500.0
STREET = metric_camera(zones=[straight_road()])


def stops(track, *, at=STOP, lane=500.0, from_s=0.0, stands_s=60.0, speed=120.0):
    """A car that comes at 43 km/h, stands for a while and drives on."""
    arrives, leaves = from_s + at / speed, from_s + at / speed + stands_s
    return [
        Drive(track, (0, lane), (at, lane), from_s, arrives),
        Drive(track, (at, lane), (at, lane), arrives + 0.01, leaves),
        Drive(track, (at, lane), (1000, lane), leaves + 0.01, leaves + (1000 - at) / speed),
    ]


def passes(track, from_s, *, lane=440.0, speed=120.0):
    return [Drive(track, (0, lane), (1000, lane), from_s, from_s + 1000 / speed)]


def parked(track, *, lane=520.0, until=200.0):
    return [Drive(track, (STOP, lane), (STOP, lane), 0.0, until)]


def together(*groups):
    return [drive for group in groups for drive in group]


PASSERS = together(*(passes(10 + k, 8 + 3 * k) for k in range(8)))


@pytest.mark.parametrize(
    ("name", "drives", "signal", "alerts"),
    [
        ("a single car that stops on a free road", stops(1), False, 1),
        ("a car that drives through", passes(1, 0), False, 0),
        ("a car that pauses for five seconds", stops(1, stands_s=5), False, 0),
        ("a car that is parked from the start", parked(1), False, 0),
        ("a car at a signal, with no vehicle driving on", stops(1), True, 0),
        ("a car at a signal that other cars drive past", together(stops(1), PASSERS), True, 1),
        ("two cars that wait in a queue at a signal", together(stops(1, at=600), stops(2, from_s=2, at=530)), True, 0),
        ("a stopped car that blocks the next one", together(stops(1, at=600), stops(2, from_s=2, at=530)), False, 1),
    ],
)
def test_stopped(name, drives, signal, alerts):
    camera = metric_camera(zones=[straight_road(signal_controlled=signal)])
    facts = analyse(camera, drives, until=90)
    raised = [f for f in facts if isinstance(f, Incident) and f.end_s is None]
    assert [i.type for i in raised] == [IncidentType.STOPPED_VEHICLE] * alerts, name


def test_time_position_and_duration_are_reported():
    facts = analyse(STREET, stops(1), until=110)
    raised, ended = (f for f in facts if isinstance(f, Incident))
    stopped_at = STOP / 120
    assert raised.start_s == pytest.approx(stopped_at, abs=1.5)
    assert raised.detected_s - stopped_at < 12
    assert raised.pixel == pytest.approx((STOP, 500), abs=2)
    assert raised.ground == pytest.approx((50, 50), abs=0.5)
    assert raised.zone == "east" and raised.track == 1
    assert ended.number == raised.number and ended.end_s == pytest.approx(stopped_at + 60, abs=3)


def test_a_stopped_vehicle_under_a_new_track_id_is_the_same_incident():
    before = stops(1, stands_s=30)[:2]
    lost_at, position = before[-1].to_s, before[-1].end
    again = Drive(2, position, position, lost_at + 4, lost_at + 44)
    raised, ended = (f for f in analyse(STREET, [*before, again], until=120) if isinstance(f, Incident))
    assert raised.number == ended.number
    assert ended.end_s == pytest.approx(lost_at + 44, abs=3)


def test_a_jittering_box_of_a_stopped_vehicle_is_no_second_incident():
    arrives = Drive(1, (0, 500), (STOP, 500), 0, STOP / 120)
    swaying = [
        Drive(1, (STOP + u, 500), (STOP + u, 500), from_s + 0.01, from_s + (3 if from_s < 60 else 30))
        for from_s, u in zip([30 + 3 * k for k in range(11)], [0, 15] * 6, strict=False)
    ]
    stands = Drive(1, (STOP, 500), (STOP, 500), STOP / 120 + 0.01, 30)
    facts = analyse(STREET, [arrives, stands, *swaying], until=90)
    raised = [f for f in facts if isinstance(f, Incident) and f.end_s is None]
    assert [f.type for f in raised] == [IncidentType.STOPPED_VEHICLE]


def stands_and_goes_on(from_v):
    """Along the road at v = 500, and after a stop from `from_v` on."""
    return [
        Drive(1, (100, 500), (500, 500), 0, 5),
        Drive(1, (500, 500), (500, 500), 5.1, 8),
        Drive(1, (500, from_v), (990, from_v), 8.1, 14),
    ]


def test_a_stopped_vehicle_is_found_after_an_id_switch_to_a_passing_vehicle():
    drives = [*stands_and_goes_on(from_v=450), Drive(2, (500, 500), (500, 500), 8.3, 40)]
    raised = [f for f in analyse(metric_camera(zones=[straight_road()]), drives, until=40) if isinstance(f, Incident)]
    assert [f.type for f in raised if f.end_s is None] == [IncidentType.STOPPED_VEHICLE]


def test_a_vehicle_present_from_the_start_is_parked():
    drives = [*stands_and_goes_on(from_v=500), Drive(2, (600, 570), (600, 570), 8.3, 40)]
    facts = analyse(metric_camera(zones=[straight_road()]), drives, until=40)
    assert not [f for f in facts if isinstance(f, Incident)]
