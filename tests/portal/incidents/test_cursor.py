"""Cursor of the list of incidents."""

import pytest

from portal.incidents.cursor import from_cursor, to_cursor
from portal.incidents.queries import IncidentRow
from tests.support.portal_events import NOON


def test_cursor_contains_the_time_of_detection_and_the_id():
    row = IncidentRow(
        incident_id="kda 1-7",
        camera_id="kda-1",
        type="wrong_way",
        zone=None,
        start_at=NOON,
        detected_at=NOON,
        end_at=None,
        u=1,
        v=2,
        lat=None,
        lon=None,
        confidence=0.9,
        evidence=None,
        reason="",
        snapshot=None,
    )
    assert from_cursor(to_cursor(row)) == (NOON, "kda 1-7")


@pytest.mark.parametrize("text", ["x", "eHh4", "%ff", "MjAyNi0xMS0yMlQwMDowMDowMCBh", "MjAyNi0xMS0yMlQwMDowMDowMFog"])
def test_other_text_is_no_cursor(text):
    with pytest.raises(ValueError, match=r"."):
        from_cursor(text)
