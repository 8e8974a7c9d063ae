"""Distances to gates, and crossings of paths and segments."""

import pytest

from analytics.camera import Gate
from analytics.facts import Direction
from analytics.geometry.gate_geometry import GateGeometry, gate_distances
from analytics.tracks.detected_path import DetectedPath
from analytics.tracks.extrapolation import ExtrapolatedSegment
from analytics.tracks.trajectories import Trajectory

GATE = Gate(id="g", p1=(100, 300), p2=(500, 300))
ENTRY = Gate(id="W_in", p1=(200, 500), p2=(200, 300), role="entry", arm="W")
EXIT = Gate(id="W_out", p1=(200, 290), p2=(200, 100), role="exit", arm="W")
OTHER_ARM = Gate(id="E_in", p1=(700, 100), p2=(700, 290), role="entry", arm="E")


def path_over(*points):
    track = Trajectory(1)
    for k, pixel in enumerate(points):
        track.append(float(k), pixel, pixel)
    return DetectedPath.of(track)


def crossings(gates, start, end, height=40.0):
    segment = ExtrapolatedSegment(start, end, 1.0, 3.0)
    return [(t, gate.id, direction) for t, gate, direction in GateGeometry(gates).crossings(segment, height)]


def test_distance_is_in_pixels_and_positive_where_direction_a_leads():
    assert gate_distances(GATE, [(300, 320), (300, 290)]) == [20, -10]


def test_crossing_time_is_interpolated_and_the_last_one():
    geometry = GateGeometry([GATE])
    path = path_over((300, 290), (300, 310), (300, 290), (300, 330))
    assert geometry.crossing_time(GATE, Direction.A, path, 40.0) == pytest.approx(2.25)


def test_no_crossing_time_beside_the_segment_or_without_a_crossing():
    geometry = GateGeometry([GATE])
    assert geometry.crossing_time(GATE, Direction.A, path_over((600, 290), (600, 310)), 40.0) is None
    assert geometry.crossing_time(GATE, Direction.A, path_over((300, 200), (300, 250)), 40.0) is None


def test_a_segment_crosses_with_time_and_direction():
    assert crossings([GATE], (300, 280), (300, 320)) == [(2.0, "g", Direction.A)]
    assert crossings([GATE], (300, 310), (300, 290)) == [(2.0, "g", Direction.B)]
    assert crossings([GATE], (600, 280), (600, 320)) == []


def test_a_path_over_the_median_counts_for_the_gate_of_its_direction():
    junction = [ENTRY, EXIT, OTHER_ARM]
    assert [gate for _, gate, _ in crossings(junction, (190, 288), (210, 288))] == ["W_in"]
    assert [gate for _, gate, _ in crossings(junction, (210, 302), (190, 302))] == ["W_out"]
