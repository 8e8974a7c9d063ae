import pytest

from pipelines.capacity.baseline import Baseline
from pipelines.capacity.count_accuracy import compare, count_error, farthest_from
from pipelines.capacity.plan import PlannedCamera
from pipelines.capacity.records import CameraRecord, CrossingRecord, RunRecord

BEGAN, ENDED = 1000.0, 1040.0
BASELINE = Baseline(crossings=((1.0, "north"), (4.0, "south"), (7.0, "north")), moving=(True,) * 11)


def record(crossings, starts_at=BEGAN):
    plan = PlannedCamera("camera-000", "road", "/road.mp4", 125, starts_at)
    camera = CameraRecord(plan=plan, crossings=tuple(CrossingRecord(at=at, gate=gate) for at, gate in crossings))
    return RunRecord(
        began=BEGAN,
        ended=ENDED,
        cameras=(camera,),
        cpu_s={},
        servers_cpu_s=0.0,
        resident_mb=0.0,
        servers_resident_mb=0.0,
        cores=2,
        stream_kbits=250.0,
    )


def all_crossings(starts_at=BEGAN):
    loops = [starts_at + 10 * k for k in range(-1, 6)]
    return [(loop + t, gate) for loop in loops for t, gate in BASELINE.crossings if BEGAN <= loop + t < ENDED]


@pytest.mark.parametrize("ahead_s", [0.0, 0.95, 1.05, 3.97, 6.5])
def test_a_complete_count_has_no_error_at_any_start_of_the_loop(ahead_s):
    starts_at = BEGAN - ahead_s

    counts = compare(record(all_crossings(starts_at), starts_at), {"road": BASELINE})

    assert sum(count.expected for count in counts) >= 10
    assert count_error(counts) == 0.0


def test_small_errors_of_time_change_no_count():
    late = [(at + 0.3, gate) for at, gate in all_crossings()]

    assert count_error(compare(record(late), {"road": BASELINE})) == 0.0


def test_missing_and_surplus_crossings_do_not_cancel():
    crossings = sorted(all_crossings())
    one_south = next(crossing for crossing in crossings if crossing[1] == "south")
    crossings.remove(one_south)
    crossings.append((1016.0, "north"))

    counts = compare(record(crossings), {"road": BASELINE})

    assert {count.gate: count.counted - count.expected for count in counts} == {"north": 1, "south": -1}
    assert count_error(counts) == pytest.approx(2 / sum(count.expected for count in counts))


def test_a_crossing_of_a_gate_without_expected_crossings_is_an_error():
    counts = compare(record([*all_crossings(), (1016.0, "west")]), {"road": BASELINE})

    assert next(count for count in counts if count.gate == "west").expected == 0
    assert count_error(counts) > 0


@pytest.mark.parametrize("after_s", [-0.3, 0.0, 0.2])
def test_crossings_at_the_seam_of_two_loops_are_not_compared(after_s):
    jumps = [BEGAN + 10 * k + after_s for k in range(1, 4)]

    assert count_error(compare(record([*all_crossings(), *((at, "north") for at in jumps)]), {"road": BASELINE})) == 0


def test_without_expected_crossings_there_is_no_error():
    assert count_error([]) is None


def test_the_chosen_time_is_farthest_from_any_crossing():
    assert farthest_from([1.0, 2.0, 6.0], 0.0, 10.0) == pytest.approx(10.0, abs=0.1)
    assert farthest_from([1.0, 2.0, 6.0], 0.0, 5.0) == pytest.approx(4.0, abs=0.1)
    assert farthest_from([], 3.0, 5.0) == 3.0
