"""The narrator tells each thing once, from what the cameras write of the truth."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from simulator.demo.narrator import Narrator

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
BREAKDOWN = {"type": "stopped_vehicle", "start_s": 47.5, "end_s": None, "zone": "keluar"}
CUT = {"kind": "cable_cut", "start_s": 50.0, "end_s": 140.0}


@pytest.fixture
def city(tmp_path):
    """`city(t, kuda={...}, laladi={...})`: what is told once the cameras have written so much."""
    narrator = Narrator({name: tmp_path / f"{name}.json" for name in ("kuda", "ladi")}, START.timestamp())
    writes = 0

    def told(t, **cameras):
        nonlocal writes
        for name, said in cameras.items():
            writes += 1
            path = tmp_path / f"{name}.json"
            everything = {"duration_s": t, "light": "day", "incidents": [], "faults": [], "crossings": [], **said}
            path.write_text(json.dumps(everything))
        return narrator.new_announcements(START + timedelta(seconds=t))

    return told


def test_nothing_is_told_before_anything_is_known(city):
    assert city(0.0) == []


def test_what_happens_is_told_once_with_its_time_and_place(city):
    (new_announcements,) = city(50.0, kuda={"incidents": [BREAKDOWN]})
    assert (new_announcements.camera_id, new_announcements.at) == ("kuda", START + timedelta(seconds=47.5))
    assert "mogok" in new_announcements.text[0]
    assert "breaks down" in new_announcements.text[1]
    assert json.loads(new_announcements.as_json())["text"]["en"] == new_announcements.text[1]
    assert city(55.0, kuda={"incidents": [BREAKDOWN]}) == []


def test_an_end_is_told_when_it_has_come(city):
    assert [new_announcements.text[1] for new_announcements in city(55.0, ladi={"faults": [CUT]})] == [
        "the camera's cable is cut"
    ]
    ended = city(141.0, ladi={"faults": [CUT]}, kuda={"incidents": [{**BREAKDOWN, "end_s": 138.0}]})
    assert "the camera's cable is mended" in [new_announcements.text[1] for new_announcements in ended]


def test_nightfall_is_told_once_for_the_whole_city(city):
    city(30.0, kuda={}, ladi={})
    first = city(40.0, kuda={"light": "night"}, ladi={})
    second = city(45.0, kuda={"light": "night"}, ladi={"light": "night"})
    assert [(new_announcements.camera_id, new_announcements.text[1]) for new_announcements in first + second] == [
        (None, "night falls, lamps are lit")
    ]


def test_rush_hours_come_every_day(city):
    def starts(t):
        return [
            new_announcements.at
            for new_announcements in city(t)
            if new_announcements.text[1] == "the morning rush hour"
        ]

    assert starts(100.0) == [START + timedelta(minutes=1)]
    assert starts(1600.0) == [START + timedelta(minutes=25)]
