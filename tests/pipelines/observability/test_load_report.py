"""Load of all cameras in one log line a minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from pipelines.events.schema import CameraStatus, Drops, Health
from pipelines.observability.load_report import LoadReporter

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
"""Time of the first report. [test data]"""


def minute(**second: Any) -> list[Any]:
    """Return the log of two cameras that report every five seconds. second: figures in which the second differs."""
    usual = {"analysed_fps": 5.0, "held_fps": 2.0, "wanted_fps": 5.0, "reached": 1.0, "age_p95_s": 0.1}
    load = LoadReporter()
    with capture_logs() as logs:
        for number in range(13):
            at = NOON + timedelta(seconds=5 * number)
            for camera_id, figures in (("a", usual), ("b", {**usual, **second})):
                load.add(Health(camera_id=camera_id, at=at, status=CameraStatus.ONLINE, **figures))
    return logs


def test_the_load_is_logged_once_a_minute() -> None:
    (line,) = minute(frame_to_event_p95_ms=80.0, drops=Drops(superseded=10, withheld=1))
    assert (line["event"], line["log_level"]) == ("load", "info")
    assert (line["cameras"], line["analysed_fps"], line["held_fps"], line["wanted_fps"]) == (2, 10.0, 4.0, 10.0)
    assert (line["worst_age_p95_s"], line["worst_frame_to_event_p95_ms"]) == (0.1, 80.0)
    assert (line["superseded"], line["no_capacity"], line["withheld"], line["failed"]) == (120, 0, 12, 0)
    assert line["reached"] == 1.0


def test_overload_is_a_warning_with_a_remedy() -> None:
    (line,) = minute(analysed_fps=2.5, reached=0.5, drops=Drops(no_capacity=13))
    assert line["log_level"] == "warning"
    assert "sub-streams" in line["do"]
    assert line["reached"] == 0.75
    assert line["analysed_fps"] == 7.5


def test_smaller_pictures_are_a_warning_though_no_frame_is_missed() -> None:
    (line,) = minute(picture_scale=0.75)
    assert (line["log_level"], line["event"]) == ("warning", "this machine makes pictures smaller")
    assert (line["cameras_with_smaller_pictures"], line["missed"]) == (1, 0.0)
    (line,) = minute(picture_scale=1.0)
    assert (line["log_level"], line["cameras_with_smaller_pictures"]) == ("info", 0)


def test_missed_frames_are_a_share_of_those_due() -> None:
    (line,) = minute(reached=0.5, picture_scale=0.5)
    assert (line["event"], line["missed"]) == ("this machine is overloaded", 0.25)
    assert line["cameras_with_smaller_pictures"] == 1


def test_cameras_without_rates_add_no_load() -> None:
    (line,) = minute(analysed_fps=None, held_fps=None, wanted_fps=None, reached=None, age_p95_s=None)
    assert (line["log_level"], line["analysed_fps"], line["reached"]) == ("info", 5.0, 1.0)
