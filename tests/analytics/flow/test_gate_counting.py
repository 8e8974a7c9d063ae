"""Gate crossings of single tracks, of split tracks and at junctions."""

from math import inf

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analytics.camera import Camera, Gate
from analytics.facts import Crossing, Direction
from analytics.flow.gate_counting import GateCounter
from analytics.road_users import RoadUser
from analytics.tracks.trajectories import Trajectories
from tests.support.builders import Drive, film, joined, tracks
from tests.support.gate_counts import GATE, boxed, count_frames

DOWN, UP = [(300, v) for v in range(200, 401, 10)], [(300, v) for v in range(400, 199, -10)]
FAR, NEAR = [(300, 400)] * 30, [(300, 200)] * 30


def count(path, gates=(GATE,), *, step_s=0.1, hidden=(), image_size=(inf, inf)) -> list[Crossing]:
    """Crossings of one track with the given ground points, one a frame. hidden: frames without a detection."""
    trajectories, counter = Trajectories(None), GateCounter(gates, calibrated=False, image_size=image_size)
    crossings = []
    for k, (u, v) in enumerate(path):
        seen = tracks() if k in hidden else tracks((7, u, v))
        crossings += counter.observe(trajectories.update(k * step_s, step_s if k else 0.0, seen))
    return crossings + counter.finish()


def swapped(direction):
    return Direction.B if direction is Direction.A else Direction.A


@pytest.mark.parametrize(
    ("name", "path", "directions"),
    [
        ("drives down through the gate", DOWN, ["A"]),
        ("drives up through the gate", UP, ["B"]),
        ("passes beside the segment", [(600, v) for v in range(200, 401, 10)], []),
        ("stops short of the gate", [(300, min(290, v)) for v in range(200, 401, 10)], []),
        ("crosses in one long step between two frames", [*DOWN[:6], *DOWN[16:]], ["A"]),
        ("stands before the line, and one box reaches over it", [*DOWN[:9], *[(300, 280)] * 9, (300, 330)], []),
        ("the same, and it stays", [*DOWN[:9], *[(300, 280)] * 9, (300, 330), *[(300, 280)] * 9], []),
        ("the same, and it turns back", [*DOWN[:9], (300, 280), (300, 330), *UP[11:]], []),
        ("parked on the line from the start, leaves forward", [*[(300, 300)] * 30, *DOWN[10:]], []),
        ("parked on the line from the start, leaves backward", [*[(300, 300)] * 30, *UP[10:]], []),
        ("stops just behind the line", [*DOWN[:11], *[(300, 304)] * 60], ["A"]),
        ("stands on the line with a jittering box", [(300, 300 + (-1) ** k) for k in range(60)], []),
        ("sways over the line once and stays", [*DOWN[:12], *[(300, 310 + 6 * (-1) ** k) for k in range(60)]], ["A"]),
        ("comes, sways over the line and goes on", [*DOWN[:11], (300, 293), (300, 305), (300, 296), *DOWN[11:]], ["A"]),
        ("turns round well behind the gate and comes back", [*DOWN, *UP], ["A", "B"]),
        ("turns round twice before its return is reported", [*DOWN[:16], *UP[5:16], *DOWN[5:]], ["A", "B"]),
        ("goes round in circles", [*DOWN, *FAR, *UP, *NEAR, *DOWN, *FAR, *UP], ["A", "B"]),
        (
            "alternates between vehicles that stand on both sides",
            [*[(300, 270)] * 20, *[(300, 332)] * 20] * 6,
            ["A", "B"],
        ),
    ],
)
def test_directions(name, path, directions):
    assert [c.direction.value for c in count(path)] == directions, name


THROUGH = [(300, v) for v in range(40, 421, 10)]
"""From the upper border of a picture of 640 x 420 pixels to the lower one."""


@pytest.mark.parametrize("hidden_frames", [0, 1, 4, 8])
def test_vehicles_that_take_a_track_over_at_the_border_all_count(hidden_frames):
    """Frames are missing while one leaves the picture and the next one enters at the same place."""
    wait = [THROUGH[-1]] * 6, [THROUGH[0]] * 6
    path = [*THROUGH, *wait[0], *THROUGH[::-1], *wait[1], *THROUGH, *wait[0], *THROUGH[::-1]]
    turns = [k for k in range(1, len(path)) if path[k] == path[k - 1]]
    missing = {k + n for k in turns for n in range(-hidden_frames // 2, hidden_frames // 2)}
    found = count(path, image_size=(640, 420), hidden=missing)
    assert [c.direction.value for c in found] == ["A", "B", "A", "B"]


def jittered(path, px, seed):
    """The path with ground points that err by `px` pixels (standard deviation) in both directions."""
    return [(u, v) for u, v in np.asarray(path, float) + np.random.default_rng(seed).normal(0, px, (len(path), 2))]


def standing(v, frames=200):
    return [(300, v)] * frames


@pytest.mark.parametrize("step_s", [0.04, 0.1, 0.2])
@pytest.mark.parametrize(
    ("name", "path", "directions"),
    [
        ("stands a few pixels before the line and turns back", [*DOWN[:10], *standing(296), *UP[11:]], []),
        ("stands a few pixels before the line, then crosses", [*DOWN[:10], *standing(296), *DOWN[10:]], ["A"]),
        ("stops a few pixels behind the line and goes on", [*DOWN[:11], *standing(304), *DOWN[11:]], ["A"]),
        ("is parked on the line and leaves over it", [*standing(300), *DOWN[11:]], []),
        ("crosses, parks just behind the line and goes on", [*DOWN[:12], *standing(306), *DOWN[11:]], ["A"]),
    ],
)
def test_jitter_counts_nothing(name, path, directions, step_s):
    """Ground points that err by a twentieth of the box height, at analysis rates from 5 to 25 frames a second."""
    for seed in range(3):
        found = [c.direction.value for c in count(jittered(path, 2.0, seed), step_s=step_s)]
        assert found == directions, (name, seed)


def test_of_several_changes_of_side_by_jitter_the_crossing_is_the_one_that_stays():
    (crossing,) = count([*DOWN[:10], (300, 303), *standing(296, 20), *DOWN[10:]])
    assert crossing.t == pytest.approx(3.1, abs=0.15)


def test_a_parked_vehicle_whose_box_sways_over_the_line_for_seconds_counts_nothing():
    """Others pass behind it: its box is 8 pixels higher, a fifth of its height, for 2 s at a time."""
    path = [(300, 296 + 8 * (k // 20 % 2)) for k in range(200)]
    assert count(jittered(path, 0.5, seed=1)) == []


def test_time_is_interpolated_between_the_frames_around_the_line():
    (crossing,) = count([(300, 260), (300, 280), (300, 295), (300, 315), (300, 335)])
    assert crossing.t == pytest.approx(0.2 + 0.1 * 5 / 20)


def test_a_track_occluded_on_the_line_is_counted():
    (crossing,) = count(DOWN, hidden=range(7, 14))
    assert crossing.t == pytest.approx(1.0)


def test_a_single_false_box_far_away_from_everything_counts_nothing():
    assert count([(300, 290), (300, 310)]) == []


BEHIND = [(300, 400 + 10 * k) for k in range(30)]
LONG_AFTER = [(0, 0)] * 25


@pytest.mark.parametrize(
    ("name", "path", "hidden", "times"),
    [
        ("first detected just behind the line", DOWN, range(14), [1.0]),
        ("first detected too far behind it", [*DOWN, *BEHIND], range(23), []),
        ("behind it when observation began", DOWN[12:], (), []),
        ("last detected just before the line", [*DOWN[:8], *LONG_AFTER], range(8, 33), [1.0]),
        ("last detected too far before it", [*DOWN[:5], *LONG_AFTER], range(5, 30), []),
        ("stood before it at the last detection", [*[(300, 297)] * 20, *LONG_AFTER], range(20, 45), []),
    ],
)
def test_crossings_without_a_detection_are_counted(name, path, hidden, times):
    assert [c.t for c in count(path, hidden=hidden)] == pytest.approx(times), name


@settings(deadline=None)
@given(st.integers(4, 30), st.integers(1, 6))
def test_a_drive_split_into_two_tracks_is_counted_once(cut, lost_for):
    drive = [(300, 121 + 10 * k) for k in range(40)]
    frames = [tracks((1, *at)) if k < cut else tracks((2, *at)) for k, at in enumerate(drive)]
    frames[cut : cut + lost_for] = [tracks()] * lost_for
    crossings = count_frames([*frames, *[tracks()] * 25])
    assert [c.t for c in crossings] == pytest.approx([1.79])


def test_a_new_track_beside_another_is_not_merged_with_it():
    frames = [
        joined([tracks((1, *at)), *([tracks((2, at[0] + 60, at[1]))] if k >= 12 else [])]) for k, at in enumerate(DOWN)
    ]
    assert sorted(c.track for c in count_frames(frames)) == [1, 2]


WEST_IN = Gate(id="W_in", p1=(200, 500), p2=(200, 300), role="entry", arm="W")
WEST_OUT = Gate(id="W_out", p1=(150, 290), p2=(150, 100), role="exit", arm="W")
EAST_IN = Gate(id="E_in", p1=(700, 100), p2=(700, 290), role="entry", arm="E")
JUNCTION = (WEST_IN, WEST_OUT, EAST_IN)


@pytest.mark.parametrize(
    ("name", "path", "crossings"),
    [
        ("leaves in its lane", [(u, 200) for u in range(400, 100, -10)], [("W_out", "B")]),
        ("leaves a little over the median", [(u, 305) for u in range(400, 100, -10)], [("W_out", "B")]),
        ("leaves against the traffic", [(u, 400) for u in range(400, 100, -10)], [("W_in", "B")]),
        ("enters in its lane", [(u, 400) for u in range(100, 400, 10)], [("W_in", "A")]),
        ("enters a little over the median", [(u, 285) for u in range(100, 400, 10)], [("W_in", "A")]),
    ],
)
def test_a_track_that_strays_over_the_median_counts_at_its_own_gate(name, path, crossings):
    assert [(c.gate, c.direction.value) for c in count(path, JUNCTION)] == crossings, name


def test_class_has_the_most_votes_of_the_whole_track():
    trajectories, counter = Trajectories(None), GateCounter((GATE,), calibrated=False)
    crossings = []
    for k, (u, v) in enumerate(DOWN):
        road_user = RoadUser.TRUCK if 8 <= k <= 12 else RoadUser.BUS
        frame = trajectories.update(k * 0.1, 0.1, tracks((7, u, v), road_user=road_user))
        crossings += counter.observe(frame)
    assert [c.road_user for c in crossings + counter.finish()] == [RoadUser.BUS]


def test_a_crossing_is_reported_soon_after_it_happened():
    trajectories, counter = Trajectories(None), GateCounter((GATE,), calibrated=False)
    reported = None
    for k in range(80):
        frame = trajectories.update(k * 0.1, 0.1, tracks((7, 300, 200 + 10 * k)))
        for crossing in counter.observe(frame):
            reported = frame.t - crossing.t
    assert reported is not None and reported <= 2.2


def test_state_of_expired_tracks_is_dropped():
    trajectories, counter = Trajectories(None), GateCounter((GATE,), calibrated=False)
    for t, frame in film([Drive(k, (300, 200), (300, 400), k, k + 2) for k in range(200)], until=220, fps=5):
        counter.observe(trajectories.update(t, 0.2, frame))
        counter.drop(trajectories.pop_expired(t))
    assert len(counter) < 20


def assume_clear_of_the_ends(u):
    """Skip paths over the very end of a gate, where rounding decides whether they count."""
    assume(min(abs(u - end) for end, _ in (GATE.p1, GATE.p2)) > 0.1)


coordinate = st.floats(min_value=0, max_value=800, allow_nan=False, width=32)
paths = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=40)


@settings(deadline=None)
@given(paths)
def test_each_track_counts_once_per_gate_and_direction(path):
    crossings = count(path)
    assert len({(c.gate, c.direction) for c in crossings}) == len(crossings)


@settings(deadline=None)
@given(st.floats(-60, 60), st.floats(20, 780), st.floats(2, 40), st.booleans())
def test_a_drive_reversed_in_time_swaps_a_and_b(slant, u, step, upward):
    assume_clear_of_the_ends(u + slant * 10 / step)
    path = [(u + slant * k / 20, 100 + step * k) for k in range(round(400 / step) + 2)]
    path = path[::-1] if upward else path
    there, back = count(path), count(path[::-1])
    assert [(c.gate, swapped(c.direction)) for c in there] == [(c.gate, c.direction) for c in back]


@settings(deadline=None)
@given(
    st.floats(-40, 40),
    st.floats(20, 780),
    st.floats(1, 3),
    st.tuples(st.integers(-300, 300), st.integers(-300, 300)),
    st.sampled_from([1, 2, 3]),
)
def test_shifting_scaling_or_thinning_frames_changes_no_count(slant, u, scale, shift, every):
    assume_clear_of_the_ends(u + slant / 2)
    path = [(u + slant * k / 40, 100 + 10 * k) for k in range(41)]

    def moved(point):
        return point[0] * scale + shift[0], point[1] * scale + shift[1]

    there = count(path)
    same = count(
        [moved(p) for p in path][::every], (Gate(id="g", p1=moved(GATE.p1), p2=moved(GATE.p2)),), step_s=0.1 * every
    )
    assert [(c.gate, c.direction) for c in there] == [(c.gate, c.direction) for c in same]


def test_two_tracks_side_by_side_count_twice():
    trajectories, counter = Trajectories(None), GateCounter((GATE,), calibrated=False)
    crossings = []
    for k, (u, v) in enumerate(DOWN):
        frame = joined([tracks((1, u, v)), tracks((2, u + 12, v + 3))])
        crossings += counter.observe(trajectories.update(k * 0.1, 0.1, frame))
    assert sorted(c.track for c in crossings + counter.finish()) == [1, 2]


def nested_frame(k, *, whole, part, offset=(0, 0)):
    """Boxes of a lorry 60 pixels high that drives down, and of a part of it two thirds as large, in one frame."""
    u, v = DOWN[k]
    return joined(
        [
            tracks((1, u, v), size=60, road_user=whole),
            tracks((2, u + offset[0], v - 10 + offset[1]), size=40, road_user=part),
        ]
    )


@pytest.mark.parametrize(
    ("whole", "part", "offset", "counted"),
    [
        (RoadUser.TRUCK, RoadUser.CAR, (0, 0), [RoadUser.TRUCK]),
        (RoadUser.BUS, RoadUser.TRUCK, (5, 5), [RoadUser.BUS]),
        (RoadUser.MOTORCYCLE, RoadUser.PERSON, (0, 0), [RoadUser.MOTORCYCLE]),
        (RoadUser.PERSON, RoadUser.BICYCLE, (0, 0), [RoadUser.BICYCLE]),
        (RoadUser.CAR, RoadUser.MOTORCYCLE, (0, 0), [RoadUser.CAR, RoadUser.MOTORCYCLE]),
        (RoadUser.TRUCK, RoadUser.CAR, (0, 30), [RoadUser.CAR, RoadUser.TRUCK]),
        (RoadUser.TRUCK, RoadUser.CAR, (45, 0), [RoadUser.TRUCK, RoadUser.CAR]),
    ],
)
def test_two_tracks_on_one_vehicle_count_once(whole, part, offset, counted):
    frames = [nested_frame(k, whole=whole, part=part, offset=offset) for k in range(len(DOWN))]
    assert [c.road_user for c in count_frames([*frames, *[tracks()] * 25])] == counted


def test_a_car_that_one_box_holds_together_with_the_next_until_the_gate_counts_too():
    """The box of the first car reaches over the second one, which follows it, until the first is at the line."""
    frames = []
    for k, (u, v) in enumerate([*DOWN, *[(300, 400 + 10 * k) for k in range(20)]]):
        first = tracks((1, u, v), size=75 if v < 300 else 40)
        second = [tracks((2, u, v - 30), size=40)] if k >= 3 else []
        frames.append(joined([first, *second]))
    assert sorted(c.track for c in count_frames(frames)) == [1, 2]


def test_distant_gates_count_nothing():
    camera = Camera(id="c", image_size=(1000, 1000), gates=(GATE, Gate(id="h", p1=(900, 10), p2=(990, 10))))
    assert {c.gate for c in count(DOWN, camera.gates)} == {"g"}
    assert np.isfinite([c.t for c in count(DOWN, camera.gates)]).all()


def waiting(v, seconds, then, *, px, seed=0):
    """Boxes at 5 frames/s of a car that drives down to `v`, waits there, and drives on to `then`."""
    come, go = np.arange(100, v, 8.0), np.linspace(v, then, 25)
    vs = np.concatenate([come, np.full(int(5 * seconds), float(v)), go])
    boxes = np.column_stack([np.full(len(vs), 270), vs - 45, np.full(len(vs), 330), vs])
    return boxes + np.random.default_rng(seed).normal(0, px, boxes.shape)


@pytest.mark.parametrize("px", [0.0, 2.0])
@pytest.mark.parametrize("beyond", [-4, -1, 0, 1, 3, 8])
@pytest.mark.parametrize(("then", "directions"), [(420, ["A"]), (100, [])], ids=["drives on", "turns back"])
def test_a_vehicle_that_waits_on_the_line_counts_only_when_it_drives_on(px, beyond, then, directions):
    for seed in range(2):
        frames = boxed(waiting(300 + beyond, 40, then, px=px, seed=seed))
        assert [c.direction.value for c in count_frames(frames, step_s=0.2)] == directions


@pytest.mark.parametrize(("then", "directions"), [(420, ["A"]), (100, [])], ids=["drives on", "turns back"])
def test_a_vehicle_that_is_hidden_while_it_waits_on_the_line_counts_only_when_it_drives_on(then, directions):
    frames = boxed(waiting(306, 20, then, px=1.0))
    frames[50:90] = [tracks()] * 40
    assert [c.direction.value for c in count_frames(frames, step_s=0.2)] == directions


def test_a_vehicle_that_waits_behind_the_line_until_the_recording_ends_counts():
    frames = boxed(waiting(308, 20, 309, px=1.0))
    assert [c.direction.value for c in count_frames(frames, step_s=0.2)] == ["A"]


def test_a_turn_well_behind_the_gate_counts_both_ways():
    frames = boxed([*waiting(360, 1, 100, px=1.0)])
    assert [c.direction.value for c in count_frames(frames, step_s=0.2)] == ["A", "B"]


def standing_box(flicker, seconds):
    """Boxes at 10 frames/s of a car that stands, while one edge of its box moves by a share of its size for a time."""
    v, edge, change = flicker
    boxes = np.tile([270.0, v - 45.0, 330.0, v], (150, 1)) + np.random.default_rng(1).normal(0, 1, (150, 4))
    boxes[60 : 60 + int(10 * seconds), edge] += change * (60 if edge % 2 == 0 else 45)
    return boxes


@pytest.mark.parametrize("seconds", [0.2, 0.8, 3.0])
@pytest.mark.parametrize(
    ("name", "flicker", "gate"),
    [
        ("its wheels are hidden", (308, 3, -0.5), GATE),
        ("its wheels and doors are hidden", (308, 3, -0.7), GATE),
        ("its shadow is boxed too", (290, 3, 0.6), GATE),
        ("its right half is hidden", (308, 2, -0.5), Gate(id="g", p1=(295, 450), p2=(295, 150))),
        ("its left half is hidden", (308, 0, 0.5), Gate(id="g", p1=(305, 450), p2=(305, 150))),
    ],
)
def test_a_box_of_which_one_edge_flickers_over_the_line_counts_nothing(name, flicker, gate, seconds):
    assert count_frames(boxed(standing_box(flicker, seconds)), [gate]) == [], name


@pytest.mark.parametrize(
    ("name", "boxes", "gate", "directions"),
    [
        ("enters at the left edge", [(0, 255, max(u, 4), 300) for u in range(10, 60, 6)], 20, ["A"]),
        ("leaves at the right edge", [(u, 255, 640, 300) for u in range(560, 636, 6)], 605, ["A"]),
    ],
)
def test_a_box_that_the_border_of_the_picture_cuts_may_cross(name, boxes, gate, directions):
    line = Gate(id="g", p1=(gate, 360), p2=(gate, 0))
    trajectories = Trajectories(None)
    counter = GateCounter([line], calibrated=False, image_size=(640, 360))
    crossings = []
    for k, seen in enumerate(boxed(boxes)):
        crossings += counter.observe(trajectories.update(k * 0.1, 0.1 if k else 0.0, seen))
    assert [c.direction.value for c in crossings + counter.finish()] == directions, name


def test_two_gates_close_to_each_other_count_each_once():
    gates = [GATE, Gate(id="h", p1=(100, 304), p2=(500, 304)), Gate(id="r", p1=(500, 302), p2=(100, 302))]
    assert sorted((c.gate, c.direction.value) for c in count(DOWN, gates)) == [("g", "A"), ("h", "A"), ("r", "B")]
