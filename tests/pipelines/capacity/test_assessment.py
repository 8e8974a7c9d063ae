import pytest

from pipelines.capacity.assessment import judge
from pipelines.capacity.baseline import Reference
from pipelines.capacity.plan import PlannedCamera
from pipelines.capacity.records import CameraRecord, Look, Record

BEGAN, ENDED = 1000.0, 1030.0
BUSY = Reference(crossings=(), moving=(True,) * 11)
QUIET = Reference(crossings=(), moving=(False,) * 11)


def looks(per_s=5.0, age_s=0.1, later_age_s=None, from_s=BEGAN, until_s=ENDED):
    """Ages grow evenly from the first to the last."""
    number = round((until_s - from_s) * per_s)
    ages = [age_s + ((later_age_s or age_s) - age_s) * k / number for k in range(number)]
    return tuple(Look(taken_at=from_s + k / per_s - ages[k], concluded_at=from_s + k / per_s) for k in range(number))


def record(*of_cameras, received=375):
    cameras = tuple(
        CameraRecord(
            plan=PlannedCamera(f"camera-{n:03d}", "road", "/road.mp4", 125, BEGAN), looks=of, received=received
        )
        for n, of in enumerate(of_cameras)
    )
    return Record(
        began=BEGAN,
        ended=ENDED,
        cameras=cameras,
        cpu_s={"analysis": 6.0, "decoding": 3.0, "idle": 0.0},
        servers_cpu_s=1.5,
        resident_mb=300.0,
        servers_resident_mb=60.0,
    )


def test_cameras_that_are_looked_at_often_and_soon_enough_are_held():
    point = judge(record(looks(), looks()), {"road": BUSY})

    assert point.holds
    assert point.failed == {}
    assert point.cameras == 2
    assert point.looks_per_s == pytest.approx(5.0)
    assert point.least_looks_per_s_moving == pytest.approx(5.0, abs=0.05)
    assert point.worst_age_p95_ms == pytest.approx(100, abs=1)


def test_one_camera_that_is_looked_at_too_rarely_is_enough_to_fail():
    point = judge(record(looks(), looks(per_s=4.8)), {"road": BUSY})

    assert not point.holds
    assert point.failed == {"looks": 1}
    assert [camera.failed for camera in point.per_camera] == [(), ("looks",)]


def test_where_nothing_moves_few_looks_are_enough():
    point = judge(record(looks(per_s=2.0)), {"road": QUIET})

    assert point.holds
    assert point.least_looks_per_s_moving is None


def test_only_the_time_in_which_traffic_moves_counts():
    moving = Reference(crossings=(), moving=(True,) * 5 + (False,) * 6)
    while_moving = [look for look in looks() if (look.taken_at - BEGAN) % 10 < 5]
    while_quiet = [look for look in looks(per_s=2.0) if (look.taken_at - BEGAN) % 10 >= 5]

    point = judge(record((*while_moving, *while_quiet)), {"road": moving})

    assert point.holds
    assert point.looks_per_s == pytest.approx(3.5, abs=0.1)
    assert point.least_looks_per_s_moving == pytest.approx(5.0, abs=0.1)


def test_a_camera_that_was_never_looked_at_fails_even_where_nothing_moves():
    assert judge(record(()), {"road": QUIET}).failed == {"looks": 1}


def test_looks_that_come_late_fail():
    assert judge(record(looks(age_s=0.6)), {"road": BUSY}).failed == {"age": 1}


def test_looks_that_come_later_and_later_are_a_growing_backlog():
    assert judge(record(looks(age_s=0.05, later_age_s=0.4)), {"road": BUSY}).failed == {"backlog": 1}


def test_pictures_that_never_arrive_fail():
    assert judge(record(looks(), received=330), {"road": BUSY}).failed == {"received": 1}


def test_cpu_is_told_by_task_and_for_the_servers_apart():
    point = judge(record(looks()), {"road": BUSY})

    assert point.worker_cpu == pytest.approx(0.3)
    assert point.worker_cpu_by_task == {"analysis": 0.2, "decoding": 0.1}
    assert point.servers_cpu == pytest.approx(0.05)
