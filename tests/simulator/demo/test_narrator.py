"""The narrator announces each event once, from the ground truth files of the cameras."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from simulator.demo.narrator import Narrator

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
BREAKDOWN = {"type": "stopped_vehicle", "start_s": 47.5, "end_s": None, "zone": "keluar"}
CUT = {"kind": "cable_cut", "start_s": 50.0, "end_s": 140.0}


@pytest.fixture
def city(tmp_path):
    """`city(t, kuda={...}, laladi={...})`: announcements after the cameras wrote these files at second t."""
    narrator = Narrator({name: tmp_path / f"{name}.json" for name in ("kuda", "ladi")}, START.timestamp())
    writes = 0

    def announcements(t, **cameras):
        nonlocal writes
        for name, content in cameras.items():
            writes += 1
            path = tmp_path / f"{name}.json"
            everything = {"duration_s": t, "light": "day", "incidents": [], "faults": [], "crossings": [], **content}
            path.write_text(json.dumps(everything))
        return narrator.new_announcements(START + timedelta(seconds=t))

    return announcements


def test_without_files_there_are_no_announcements(city):
    assert city(0.0) == []


def test_an_incident_is_announced_once_with_time_and_camera(city):
    (announcement,) = city(50.0, kuda={"incidents": [BREAKDOWN]})
    assert (announcement.camera_id, announcement.at) == ("kuda", START + timedelta(seconds=47.5))
    assert "mogok" in announcement.text[0]
    assert "breaks down" in announcement.text[1]
    assert json.loads(announcement.as_json())["text"]["en"] == announcement.text[1]
    assert city(55.0, kuda={"incidents": [BREAKDOWN]}) == []


def test_an_end_is_announced_after_it_has_occurred(city):
    assert [announcement.text[1] for announcement in city(55.0, ladi={"faults": [CUT]})] == [
        "the camera's cable is cut"
    ]
    ended = city(141.0, ladi={"faults": [CUT]}, kuda={"incidents": [{**BREAKDOWN, "end_s": 138.0}]})
    assert "the camera's cable is repaired" in [announcement.text[1] for announcement in ended]


def test_nightfall_is_announced_once_for_the_whole_city(city):
    city(30.0, kuda={}, ladi={})
    first = city(40.0, kuda={"light": "night"}, ladi={})
    second = city(45.0, kuda={"light": "night"}, ladi={"light": "night"})
    assert [(announcement.camera_id, announcement.text[1]) for announcement in first + second] == [
        (None, "night falls, lamps are lit")
    ]


def test_rush_hours_are_announced_every_day(city):
    def starts(t):
        return [announcement.at for announcement in city(t) if announcement.text[1] == "the morning rush hour"]

    assert starts(100.0) == [START + timedelta(minutes=1)]
    assert starts(1600.0) == [START + timedelta(minutes=25)]
