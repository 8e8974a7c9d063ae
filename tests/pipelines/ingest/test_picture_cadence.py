"""Limits of waiting by the pace of a stream: cameras that are slow by nature are not cut."""

from collections.abc import Iterable

import pytest

from pipelines.ingest.picture_cadence import SHORTEST_S, WINDOW_S, PictureCadence

STALL_S = 10.0


def cadence_of(times: Iterable[float], keyframe_every: int) -> PictureCadence:
    cadence = PictureCadence(STALL_S)
    for number, at in enumerate(times):
        cadence.picture(at, is_keyframe=number % keyframe_every == 0)
    return cadence


def steady(fps: float, seconds: float, since: float = 0.0) -> list[float]:
    return [since + number / fps for number in range(round(seconds * fps))]


@pytest.mark.parametrize(
    ("times", "keyframe_every", "limit_s"),
    [
        (steady(25, 20), 25, SHORTEST_S),
        (steady(25, 4), 25, STALL_S),  # too short to be known
        (steady(2, 30), 2, SHORTEST_S),
        (steady(25, 20), 50, 6.0),  # two seconds between keyframes
        (steady(25, 45), 500, STALL_S),  # twenty
        (steady(0.25, 400), 1, STALL_S),  # a picture in four seconds
        ([*steady(100, 0.2), *steady(1 / 6, 400, since=6)], 1, STALL_S),  # with what was sent before
        ([*steady(25, 20), *steady(25, 20, since=22.5)], 25, SHORTEST_S),  # one pause of the network
        ([at for part in range(6) for at in steady(25, 8, since=10 * part)], 25, 6.1),  # pauses are usual
    ],
)
def test_a_limit_follows_the_pace(times: list[float], keyframe_every: int, limit_s: float) -> None:
    assert cadence_of(times, keyframe_every).limit_s == pytest.approx(limit_s, abs=0.15)


def test_a_new_connection_has_the_longest_limit_and_remembers_pauses() -> None:
    cadence = cadence_of([at for part in range(6) for at in steady(25, 8, since=10 * part)], 25)
    cadence.connected()
    assert cadence.limit_s == STALL_S
    for number, at in enumerate(steady(25, 10, since=100)):
        cadence.picture(at, is_keyframe=number % 25 == 0)
    assert cadence.limit_s > SHORTEST_S


def test_pauses_are_forgotten() -> None:
    times = [at for part in range(6) for at in steady(5, 8, since=10 * part)]
    times += steady(5, 2 * WINDOW_S + 60, since=60)
    assert cadence_of(times, 5).limit_s == SHORTEST_S


def test_a_stream_without_keyframes_has_the_longest_limit() -> None:
    assert cadence_of(steady(25, 60), 10_000).limit_s == STALL_S
