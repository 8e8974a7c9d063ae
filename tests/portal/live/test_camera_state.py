"""Current state of a camera, and its expiry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from analytics.camera import Visibility
from analytics.facts import Level, Sight
from analytics.uptime.minute_gap import GapCause
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import CameraConfig
from pipelines.events.condition import Condition, ConditionDetails
from pipelines.events.schema import CameraStatus
from portal.cameras.catalogue import CatalogueEntry
from portal.live.camera_state import Reports, camera_state, redact
from portal.live.queries import HealthRow, LevelRow

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
ENTRY = CatalogueEntry(
    CameraConfig(id="a", name="A", url="rtsp://10.0.0.7/1", visibility=Visibility.PUBLIC), None, CameraGeometry()
)


def health(seconds_old, status=CameraStatus.ONLINE):
    return HealthRow("a", NOW - timedelta(seconds=seconds_old), status, 1280, 720)


def level(seconds_old, now=Level.DENSE, previous=None):
    return LevelRow("a", "view", NOW - timedelta(seconds=seconds_old), now, previous or now, 24.0)


def state(health_row, level_row):
    return camera_state(ENTRY, Reports().with_newer([health_row], [health_row], [level_row]), NOW)


@pytest.mark.parametrize("status", CameraStatus)
def test_only_an_analysed_camera_has_a_level(status):
    known = status in (CameraStatus.ONLINE, CameraStatus.DEGRADED)
    now = state(health(1, status), level(1))
    assert now.status == status
    assert now.level == (Level.DENSE if known else Level.UNKNOWN)
    assert now.zones[0].speed_kmh == (24.0 if known else None)


def test_only_an_analysed_camera_has_a_load():
    figures = {
        "analysed_fps": 3.0,
        "held_fps": 1.0,
        "wanted_fps": 5.0,
        "reached": 0.6,
        "picture_scale": 0.75,
        "age_p95_s": 0.2,
    }
    overloaded = {**figures, "condition": Condition.BEHIND}
    loads = {status: state(replace(health(1, status), **overloaded), level(1)).load for status in CameraStatus}
    assert {status for status, load in loads.items() if load} == {CameraStatus.ONLINE, CameraStatus.DEGRADED}
    assert loads[CameraStatus.DEGRADED].model_dump() == {**figures, "overloaded": True}
    assert not state(replace(health(1), **figures), level(1)).load.overloaded
    assert state(health(1), level(1)).load is None, "reported by an older worker"


def test_a_condition_is_that_of_the_report_until_it_expires():
    details = {"hidden_share": 0.5}
    covered = replace(health(1, CameraStatus.UNUSABLE), condition="covered", details=details)
    shown = state(covered, level(1))
    assert (shown.condition, shown.details) == (Condition.COVERED, ConditionDetails(hidden_share=0.5))
    expired = state(replace(covered, at=NOW - timedelta(seconds=31)), level(1))
    assert (expired.status, expired.condition, expired.details) == (CameraStatus.OFFLINE, None, None)


@pytest.mark.parametrize("code", [None, "struck_by_lightning"])
def test_a_row_of_another_version_has_no_condition(code):
    shown = state(replace(health(1), condition=code, reason="hidden"), level(1))
    assert (shown.condition, shown.reason, shown.level) == (None, "hidden", Level.DENSE)


def test_camera_without_reports_becomes_offline_without_level():
    assert state(health(30), level(1)).level == Level.DENSE
    silent = state(health(31), level(1))
    assert (silent.status, silent.level, silent.video) == (CameraStatus.OFFLINE, Level.UNKNOWN, None)
    assert silent.last_analysed_at == NOW - timedelta(seconds=31)


def test_a_camera_whose_detector_is_blind_has_no_level_and_a_reason():
    blind = state(health(1), replace(level(1, Level.UNKNOWN), sight="blind"))
    assert (blind.level, blind.sight, blind.zones[0].sight) == (Level.UNKNOWN, Sight.BLIND, Sight.BLIND)
    doubtful = redact(ENTRY, state(health(1), replace(level(1), sight="doubtful")))
    assert (doubtful.level, doubtful.sight) == (Level.DENSE, Sight.DOUBTFUL)
    expired = state(health(1), replace(level(151), sight="doubtful"))
    assert (expired.level, expired.sight) == (Level.UNKNOWN, None)


def test_level_without_repetition_becomes_unknown():
    assert state(health(1), level(150)).level == Level.DENSE
    assert state(health(1), level(151)).level == Level.UNKNOWN


@pytest.mark.parametrize(
    ("rows", "since"),
    [
        # Repeated, changed, repeated.
        ([level(140), level(80, Level.JAMMED, Level.DENSE), level(20, Level.JAMMED)], 80),
        # The report of the change itself was never the newest when the table was read.
        ([level(140), level(80, Level.JAMMED), level(20, Level.JAMMED)], 80),
        # Dense before a gap, and dense after it.
        ([level(140, Level.DENSE, Level.FREE), level(20, Level.DENSE, Level.UNKNOWN)], 20),
    ],
)
def test_since_at_is_the_last_change_of_the_level_and_not_its_repetition(rows, since):
    reports = Reports()
    for row in rows:
        reports = reports.with_newer([health(1)], [], [row])
    assert camera_state(ENTRY, reports, NOW).zones[0].since_at == NOW - timedelta(seconds=since)


WORKS = {"id": "perbaikan jalan sampai Juni", "en": "road works until June"}


def test_camera_out_of_service_has_no_data_and_a_public_explanation():
    entry = replace(ENTRY, camera=ENTRY.camera.model_copy(update={"out_of_service": WORKS}))
    row = health(1)
    now = redact(entry, camera_state(entry, Reports().with_newer([row], [row], [level(1)]), NOW))
    assert (now.status, now.level, now.video) == (CameraStatus.OFFLINE, Level.UNKNOWN, None)
    assert now.out_of_service == WORKS


def test_a_camera_with_still_pictures_names_them_while_they_exist(tmp_path):
    still = tmp_path / "still.jpg"
    entry = replace(ENTRY, still=still)
    reports = Reports().with_newer([health(1)], [health(1)], [])
    assert camera_state(entry, reports, NOW).video.still is None
    still.write_bytes(b"jpeg")
    assert camera_state(entry, reports, NOW).video.still == "/live/a/still.jpg"
    assert camera_state(entry, Reports(), NOW).video is None


def test_a_camera_with_a_preview_names_it_while_it_exists(tmp_path):
    preview = tmp_path / "preview.jpg"
    entry = replace(ENTRY, preview=preview)
    reports = Reports().with_newer([health(1)], [health(1)], [])
    assert camera_state(entry, reports, NOW).video.preview is None
    preview.write_bytes(b"jpeg")
    assert camera_state(entry, reports, NOW).video.preview == "/live/a/preview.jpg"


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (health(1), None),
        (replace(health(1), condition=Condition.OK), None),
        (replace(health(1, CameraStatus.DEGRADED), condition=Condition.OVERLOADED), GapCause.OVERLOAD),
        (replace(health(1, CameraStatus.FROZEN), condition=Condition.FROZEN), GapCause.CAMERA),
        (replace(health(1, CameraStatus.UNUSABLE), condition=Condition.COVERED), GapCause.VIEW),
        (replace(health(1, CameraStatus.OFFLINE), condition=Condition.UNREACHABLE), GapCause.LINK),
        (replace(health(1, CameraStatus.OFFLINE), condition=Condition.CREDENTIALS_REFUSED), GapCause.CAMERA),
        (health(31), GapCause.WORKER),
    ],
)
def test_the_class_of_the_cause_is_public(row, cause):
    shown = redact(ENTRY, camera_state(ENTRY, Reports().with_newer([row], [row], []), NOW))
    assert (shown.cause, shown.condition) == (cause, None)


def test_a_camera_without_any_report_lacks_its_worker_and_one_out_of_service_is_in_maintenance():
    assert camera_state(ENTRY, Reports(), NOW).cause is GapCause.WORKER
    entry = replace(ENTRY, camera=ENTRY.camera.model_copy(update={"out_of_service": WORKS}))
    assert camera_state(entry, Reports(), NOW).cause is GapCause.MAINTENANCE


@pytest.mark.parametrize(
    ("other_condition", "other_last", "cause"),
    [
        (Condition.UNREACHABLE, 65, GapCause.SITE_POWER),
        (Condition.SILENT, 65, GapCause.SITE_POWER),
        (Condition.UNREACHABLE, 200, GapCause.LINK),
        (Condition.OK, 1, GapCause.LINK),
        (None, 65, GapCause.LINK),
    ],
)
def test_cameras_of_a_site_that_vanished_together_lack_its_power(other_condition, other_last, cause):
    entry = replace(ENTRY, at_site=frozenset({"a", "b"}))
    status = CameraStatus.ONLINE if other_condition is Condition.OK else CameraStatus.OFFLINE
    newest = [replace(health(1, CameraStatus.OFFLINE), condition=Condition.UNREACHABLE)]
    newest += [replace(health(1, status), camera_id="b", condition=other_condition)] if other_condition else []
    analysed = [health(60), replace(health(other_last), camera_id="b")]
    assert camera_state(entry, Reports().with_newer(newest, analysed, []), NOW).cause is cause


def test_the_only_camera_of_a_site_does_not_stand_for_its_power():
    row = replace(health(1, CameraStatus.OFFLINE), condition=Condition.UNREACHABLE)
    entry = replace(ENTRY, at_site=frozenset({"a"}))
    assert camera_state(entry, Reports().with_newer([row], [health(60)], []), NOW).cause is GapCause.LINK


@pytest.mark.parametrize(("seconds_old", "delayed"), [(1, False), (20, False), (21, True), (300, True)])
def test_a_connected_camera_whose_frames_are_old_is_delayed(seconds_old, delayed):
    reports = Reports().with_newer([health(1)], [health(seconds_old)], [])
    assert camera_state(ENTRY, reports, NOW).delayed is delayed
    frozen = Reports().with_newer([health(1, CameraStatus.FROZEN)], [health(seconds_old)], [])
    assert not camera_state(ENTRY, frozen, NOW).delayed
    assert not camera_state(ENTRY, Reports().with_newer([health(1)], [], []), NOW).delayed, "just connected"


def test_the_age_of_a_frame_counts_beside_that_of_its_report():
    slow = replace(health(1), age_s=25.0)
    now = camera_state(ENTRY, Reports().with_newer([slow], [slow], []), NOW)
    assert now.delayed
    assert now.last_analysed_at == NOW - timedelta(seconds=26)
