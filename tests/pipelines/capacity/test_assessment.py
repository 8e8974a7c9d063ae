import pytest

from pipelines.capacity.assessment import assess
from pipelines.capacity.baseline import Baseline
from pipelines.capacity.plan import PlannedCamera
from pipelines.capacity.records import CameraRecord, FrameRecord, RunRecord, merged
from pipelines.errors import UserError

BEGAN, ENDED = 1000.0, 1030.0
BUSY = Baseline(crossings=(), moving=(True,) * 11)
QUIET = Baseline(crossings=(), moving=(False,) * 11)


def frames(per_s=5.0, age_s=0.1, later_age_s=None, from_s=BEGAN, until_s=ENDED):
    """Records of analysed frames whose ages grow evenly from the first to the last."""
    number = round((until_s - from_s) * per_s)
    ages = [age_s + ((later_age_s or age_s) - age_s) * k / number for k in range(number)]
    return tuple(
        FrameRecord(taken_at=from_s + k / per_s - ages[k], finished_at=from_s + k / per_s) for k in range(number)
    )


def record(*of_cameras, received=375, cpu_s=None, reference_fps=()):
    cameras = tuple(
        CameraRecord(
            plan=PlannedCamera(f"camera-{n:03d}", "road", "/road.mp4", 125, BEGAN), frames=of, received=received
        )
        for n, of in enumerate(of_cameras)
    )
    return RunRecord(
        began=BEGAN,
        ended=ENDED,
        cameras=cameras,
        cpu_s=cpu_s or {"analysis": 6.0, "decoding": 3.0, "idle": 0.0},
        servers_cpu_s=1.5,
        resident_mb=300.0,
        servers_resident_mb=60.0,
        cores=2,
        stream_kbits=250.0,
        reference_fps=reference_fps,
    )


def test_cameras_that_are_analysed_often_and_soon_enough_pass():
    point = assess(record(frames(), frames()), {"road": BUSY})

    assert point.passed
    assert point.failed == {}
    assert point.cameras == 2
    assert point.analysed_fps == pytest.approx(5.0)
    assert point.min_analysed_fps_moving == pytest.approx(5.0, abs=0.05)
    assert point.worst_age_p95_ms == pytest.approx(100, abs=1)


def test_records_of_processes_are_joined_over_the_time_in_which_all_were_measured():
    one = record(frames(), cpu_s={"analysis": 6.0})
    later = record(frames(), cpu_s={"analysis": 3.0, "decoding": 3.0})
    later = later.model_copy(update={"began": BEGAN + 3, "ended": ENDED + 3, "servers_cpu_s": 99.0})

    joined = merged([one, later])

    assert (joined.began, joined.ended) == (BEGAN + 3, ENDED)
    seconds = ENDED - BEGAN
    assert joined.cpu_s == pytest.approx({"analysis": 9 * (1 - 3 / seconds), "decoding": 3 * (1 - 3 / seconds)})
    assert joined.servers_cpu_s == pytest.approx(1.5 * (1 - 3 / seconds))
    assert (joined.resident_mb, joined.processes, len(joined.cameras)) == (600.0, 2, 2)
    assert assess(joined, {"road": BUSY}).total_analysed_fps == pytest.approx(10.0, abs=0.2)
    with pytest.raises(UserError, match="same time"):
        merged([one, one.model_copy(update={"began": ENDED + 1, "ended": ENDED + 9})])


def test_the_share_of_frames_that_overload_made_smaller_is_reported():
    smaller = tuple(frame.model_copy(update={"max_scale": 0.5}) for frame in frames())
    assert assess(record(frames(), smaller), {"road": BUSY}).reduced_share == pytest.approx(0.5)
    assert assess(record(frames()), {"road": BUSY}).reduced_share == 0


def test_one_camera_that_is_analysed_too_rarely_fails_the_run():
    point = assess(record(frames(), frames(per_s=4.8)), {"road": BUSY})

    assert not point.passed
    assert point.failed == {"rate": 1}
    assert [camera.failed for camera in point.per_camera] == [(), ("rate",)]


def test_a_low_rate_passes_where_nothing_moves():
    point = assess(record(frames(per_s=2.0)), {"road": QUIET})

    assert point.passed
    assert point.min_analysed_fps_moving is None


def test_only_the_time_in_which_traffic_moves_counts():
    moving = Baseline(crossings=(), moving=(True,) * 5 + (False,) * 6)
    while_moving = [frame for frame in frames() if (frame.taken_at - BEGAN) % 10 < 5]
    while_quiet = [frame for frame in frames(per_s=2.0) if (frame.taken_at - BEGAN) % 10 >= 5]

    point = assess(record((*while_moving, *while_quiet)), {"road": moving})

    assert point.passed
    assert point.analysed_fps == pytest.approx(3.5, abs=0.1)
    assert point.min_analysed_fps_moving == pytest.approx(5.0, abs=0.1)


def test_a_camera_that_was_never_analysed_fails_even_where_nothing_moves():
    assert assess(record(()), {"road": QUIET}).failed == {"rate": 1}


def test_frames_that_are_analysed_late_fail():
    assert assess(record(frames(age_s=0.6)), {"road": BUSY}).failed == {"age": 1}


def test_a_growing_age_fails_as_a_backlog():
    assert assess(record(frames(age_s=0.05, later_age_s=0.4)), {"road": BUSY}).failed == {"backlog": 1}


def test_frames_that_never_arrive_fail():
    assert assess(record(frames(), received=330), {"road": BUSY}).failed == {"received": 1}


def test_cpu_is_reported_by_task_and_apart_for_the_servers():
    point = assess(record(frames()), {"road": BUSY})

    assert point.worker_cpu == pytest.approx(0.3)
    assert point.worker_cpu_by_task == {"analysis": 0.2, "decoding": 0.1}
    assert point.servers_cpu == pytest.approx(0.05)


def test_analysed_frames_compare_with_the_reference_before_and_after():
    point = assess(record(frames(), frames(), reference_fps=(4.0, 6.0)), {"road": BUSY})

    assert point.total_analysed_fps == pytest.approx(10.0)
    assert point.objectcounter_fps == pytest.approx(5.0)
    assert point.looks_over_objectcounter == pytest.approx(2.0)


def test_cpu_outside_the_network_compares_with_the_network_and_all_of_it_with_the_cores():
    cpu_s = {"analysis": 6.0, "decoding": 3.0, "camera": 3.0, "detect": 5.0, "runtime": 15.0}
    point = assess(record(frames(), cpu_s=cpu_s), {"road": BUSY})

    assert point.outside_network_ratio == pytest.approx(12 / 20)
    assert point.analysis_over_network == pytest.approx(6 / 20)
    assert point.cpu_busy == pytest.approx((32 + 1.5) / 30 / 2, abs=0.001)


def test_ratios_are_unknown_without_a_reference_or_a_network():
    point = assess(record(frames()), {"road": BUSY})

    assert point.looks_over_objectcounter is None
    assert point.objectcounter_fps is None
    assert point.outside_network_ratio is None


def test_json_keeps_the_names_of_version_0_1_0():
    result = assess(record(frames(), frames(per_s=4.8)), {"road": BUSY})
    written = result.model_dump(mode="json")
    assert (written["holds"], written["passed"]) == (False, False)
    assert written["least_looks_per_s_moving"] == written["min_analysed_fps_moving"]
    assert written["per_camera"][1]["looks_per_s"] == result.per_camera[1].analysed_fps
    assert {"held", "least_received_fps", "looks_per_s"} <= written.keys()
