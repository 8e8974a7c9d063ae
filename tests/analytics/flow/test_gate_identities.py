"""Gate crossings of road users that are lost at the line and found again under another identity."""

import numpy as np
import pytest

from analytics.road_users import RoadUser
from analytics.tracks.continuation import continued_track
from analytics.tracks.trajectories import Trajectories
from tests.support.builders import joined, tracks
from tests.support.gate_counts import count_frames

STEP_S = 0.1


def drive(vs, *, lost):
    """Frames of a car that is at `vs`, one a frame, and not seen in `lost`; after these it is another track."""
    return [tracks() if k in lost else tracks((1 if k < lost.start else 2, 300, v), size=45) for k, v in enumerate(vs)]


def coming(px_per_s, until=420.0):
    return np.arange(200, until, px_per_s * STEP_S)


def standing(v, seconds):
    return np.full(int(seconds / STEP_S), float(v))


@pytest.mark.parametrize("lost_s", [0.0, 0.3, 0.6, 1.0, 1.5])
@pytest.mark.parametrize("px_per_s", [10, 20, 40, 70])
def test_a_road_user_found_again_behind_the_line_counts_once(px_per_s, lost_s):
    vs = coming(px_per_s)
    first = round(((300 - 200) / px_per_s - lost_s / 2) / STEP_S)
    frames = drive(vs, lost=range(first, first + round(lost_s / STEP_S)))
    assert [c.direction.value for c in count_frames(frames, step_s=STEP_S)] == ["A"]


@pytest.mark.parametrize("beyond", [-12, -3, 0, 3, 12])
@pytest.mark.parametrize(("then", "directions"), [(420, ["A"]), (180, [])], ids=["drives on", "turns back"])
def test_a_vehicle_that_changes_its_identity_while_it_waits_at_the_line(beyond, then, directions):
    stop = 300.0 + beyond
    vs = [*coming(60, stop), *standing(stop, 12), *np.linspace(stop, then, 25)]
    frames = drive(vs, lost=range(70, 75))
    assert [c.direction.value for c in count_frames(frames, step_s=STEP_S)] == directions


def test_the_next_vehicle_of_a_queue_is_not_the_one_that_was_lost_behind_the_line():
    """The first is lost 15 pixels behind the line; the second appears 15 pixels before it, and crosses too."""
    lead = [*coming(30, 315), *standing(315, 1)]
    follow = [*standing(285, 2), *np.arange(285, 420, 3.0)]
    frames = [tracks((1, 300, v), size=45) for v in lead]
    frames += [tracks()] * 3 + [tracks((2, 300, v), size=45) for v in follow]
    crossings = count_frames(frames, step_s=STEP_S)
    assert sorted((c.track, c.direction.value) for c in crossings) == [(1, "A"), (2, "A")]


def test_a_vehicle_beside_the_lost_one_is_another_one():
    """A car is lost before the line in the left lane; another one is first seen behind it in the right lane."""
    frames = [tracks((1, 250, v), size=45) for v in coming(20, 285)]
    frames += [tracks()] * 5 + [tracks((2, 330, v), size=45) for v in np.arange(315, 420, 2.0)]
    assert count_frames(frames, step_s=STEP_S) == []


@pytest.mark.parametrize("px_per_s", [50, 70, 100])
def test_a_vehicle_that_comes_towards_the_lost_one_is_another_one(px_per_s):
    """One is lost shortly before the line, the other one is first seen shortly behind it and crosses it too."""
    frames = [tracks((1, 300, v), size=45) for v in coming(px_per_s, 285)]
    frames += [tracks()] * 5 + [tracks((2, 300, v), size=45) for v in 515 - coming(px_per_s)]
    frames += [tracks()] * 20
    crossings = count_frames(frames, step_s=STEP_S)
    assert sorted((c.track, c.direction.value) for c in crossings) == [(1, "A"), (2, "B")]


def test_a_crossing_that_is_over_does_not_count_for_a_vehicle_that_appears_where_the_other_one_was_lost():
    """The second vehicle starts slowly, crosses the gate upwards, turns round and crosses it downwards."""
    up = np.concatenate([np.linspace(419, 412, 20), np.linspace(408, 200, 53)])
    frames = [tracks((1, 300, v), size=45) for v in coming(40)] + [tracks()] * 10
    frames += [tracks((2, 300, v), size=45) for v in [*up, *up[::-1]]]
    crossings = count_frames(frames, step_s=STEP_S)
    assert [(c.track, c.direction.value) for c in crossings] == [(1, "A"), (2, "B"), (2, "A")]


def two_abreast(first, second, *, missed):
    """Frames of two motorcycles, 15 pixels apart, at these places by frame. missed: frames without the first one."""
    frames = []
    for k in range(max(len(first), len(second))):
        seen = [(1, 300, first[k])] if k < len(first) and k not in missed else []
        seen += [(2, 315, second[k])] if k < len(second) and second[k] is not None else []
        frames.append(tracks(*seen, size=45, road_user=RoadUser.MOTORCYCLE))
    return frames


@pytest.mark.parametrize("missed_s", [0.5, 1.0, 1.5])
@pytest.mark.parametrize(("at", "px_per_s"), [(240, 20), (240, 60), (285, 20), (285, 60), (300, 60)])
def test_a_track_that_is_detected_again_had_not_ended_and_both_count(at, px_per_s, missed_s):
    """The second motorcycle is first detected abreast of the first one, which is missed meanwhile."""
    vs = coming(px_per_s)
    first = int((at - 200) / px_per_s / STEP_S)
    missed = range(first, first + round(missed_s / STEP_S))
    frames = two_abreast(vs, [*[None] * (first + 1), *vs[first + 1 :]], missed=missed)
    crossings = count_frames(frames, step_s=STEP_S)
    assert sorted((c.track, c.direction.value) for c in crossings) == [(1, "A"), (2, "A")]
    assert [c.t for c in crossings] == pytest.approx([100 / px_per_s] * 2, abs=0.05)


def test_a_vehicle_first_seen_behind_the_line_did_not_cross_it_where_the_lost_one_is_found_before_it_again():
    """One motorcycle waits before the line; one that is parked behind it is detected while the first is not."""
    lost, parked = [*coming(40, 290), *standing(290, 8)], [*[None] * 26, *standing(308, 6)]
    frames = two_abreast(lost, parked, missed=range(25, 35))
    assert count_frames(frames, step_s=STEP_S) == []


def trajectories_of(frames):
    known = Trajectories(None)
    for k, frame in enumerate(frames):
        known.update(k * STEP_S, STEP_S, frame)
    return {trajectory.track: trajectory for trajectory in known.all()}


@pytest.mark.parametrize(
    ("name", "second", "continues"),
    [
        ("where it was", tracks((2, 300, 290), size=45), True),
        ("further on, at its speed", tracks((2, 300, 312), size=45), True),
        ("behind where it was", tracks((2, 300, 260), size=45), False),
        ("much smaller", tracks((2, 300, 290), size=20), False),
        ("a person", tracks((2, 300, 290), size=45, road_user=RoadUser.PERSON), False),
        ("called a truck", tracks((2, 300, 290), size=45, road_user=RoadUser.TRUCK), True),
    ],
)
def test_a_new_track_continues_an_ended_one(name, second, continues):
    known = trajectories_of([*(tracks((1, 300, v), size=45) for v in coming(40, 291)), *[tracks()] * 4, second])
    assert continued_track(known[2], [known[1]]) is (known[1] if continues else None), name


def test_a_track_that_is_still_seen_is_not_continued():
    known = trajectories_of([tracks((1, 300, 290), size=45), joined([tracks((1, 300, 290)), tracks((2, 300, 290))])])
    assert continued_track(known[2], [known[1]]) is None
