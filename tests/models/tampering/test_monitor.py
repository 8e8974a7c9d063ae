"""A street that is simulated runs everywhere; the real clips run where they are. Both are moved, blurred and hidden."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from models.tampering.config import DEFAULT_CONFIG
from models.tampering.image_stats import THUMBNAIL_SIDE_PX, Grey, thumbnail
from models.tampering.monitor import FaultFigures, ViewMonitor, ViewReport, ViewState

CLIPS = (
    "br_signal",
    "de_cars_cyclist",
    "de_cars_truck",
    "nl_highway",
    "pl_roundabout_crash",
    "us_dusk_side",
    "us_freeway",
    "us_parked_street",
    "us_rain_turn",
    "vn_junction",
)
CHECK_INTERVAL_S = DEFAULT_CONFIG.check_interval_s
LEARNING_CHECKS = 60
FAULT_CHECKS = 25
MARGIN = 0.08

Scene = Callable[[float], Grey]
"""The picture at a time, wider than the view by `MARGIN` on each side, so that a moved view shows what lies there."""
Fault = Callable[[Grey], Grey]


def view(picture: Grey, du: float = 0.0, dv: float = 0.0, turn_deg: float = 0.0, zoom: float = 1.0) -> Grey:
    """What a camera sees of `picture`, aimed off by shares of its view."""
    height, width = picture.shape
    size = round(width * (1 - 2 * MARGIN)), round(height * (1 - 2 * MARGIN))
    aim = width / 2 + du * size[0], height / 2 + dv * size[1]
    matrix = cv2.getRotationMatrix2D(aim, turn_deg, zoom)
    matrix[:, 2] += np.array(size) / 2 - aim
    return cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT).astype(np.uint8)


def light(picture: Grey, gain: float, offset: float = 0.0, noise: float = 1.0) -> Grey:
    grain = np.random.default_rng(int(picture[::7, ::7].sum())).normal(0, noise, picture.shape)
    return (gain * picture + offset + grain).clip(0, 255).astype(np.uint8)


def covered(picture: Grey) -> Grey:
    hidden = view(picture).copy()
    hidden[:, : round(0.7 * hidden.shape[1])] = 90
    return cv2.GaussianBlur(hidden, (0, 0), 2).astype(np.uint8)


FAULTS: dict[str, tuple[ViewState, Fault]] = {
    "shifted": (ViewState.MOVED, lambda p: view(p, du=0.05, dv=0.03)),
    "turned": (ViewState.MOVED, lambda p: view(p, turn_deg=4)),
    "turned away": (ViewState.MOVED, lambda p: np.ascontiguousarray(view(p)[:, ::-1])),
    "blurred": (ViewState.BLURRED, lambda p: cv2.GaussianBlur(view(p), (0, 0), 3).astype(np.uint8)),
    "covered": (ViewState.COVERED, covered),
    "covered wholly": (ViewState.COVERED, lambda p: light(np.full_like(view(p), 80), 1)),
    "dark": (ViewState.DARK, lambda p: light(view(p), 0.04, 5)),
    "washed out": (ViewState.WASHED_OUT, lambda p: light(view(p), 0.15, 220)),
}


def simulated(t: float) -> Grey:
    """Buildings and markings that stand, vehicles that pass, grain that never repeats."""
    rng = np.random.default_rng(7)
    street = cv2.resize(rng.integers(60, 180, (34, 60)).astype(np.uint8), (240, 136), interpolation=cv2.INTER_NEAREST)
    for k, (speed, grey) in enumerate(((31.0, 30), (-23.0, 220), (47.0, 120))):
        left = int((t * speed + 75 * k) % 280) - 30
        street[65 + 15 * k : 76 + 15 * k, max(0, left) : max(0, left + 30)] = grey
    grain = np.random.default_rng(int(t * 1000)).normal(0, 3, street.shape)
    return (street + grain).clip(0, 255).astype(np.uint8)


@cache
def pictures(clip: Path) -> tuple[tuple[Grey, ...], float]:
    """About 60 pictures of a clip, 480 pixels long, and the seconds between them."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        step = max(1, stream.frames // 60)
        scale = 480 / max(stream.width, stream.height)
        size = round(stream.width * scale), round(stream.height * scale)
        kept = tuple(
            frame.reformat(*size, format="gray", interpolation="AREA").to_ndarray().astype(np.uint8)
            for k, frame in enumerate(container.decode(stream))
            if k % step == 0
        )
        assert stream.average_rate is not None
        return kept, step / float(stream.average_rate)


def played(shared_dir: Path, clip: str) -> Scene:
    """The clip, over and over."""
    kept, step_s = pictures(shared_dir / "clips" / f"{clip}.mp4")
    return lambda t: kept[int(t / step_s) % len(kept)]


def checks(monitor: ViewMonitor, scene: Scene, fault: Fault, times: Iterator[float], n: int) -> list[ViewReport]:
    return [monitor.update(t, thumbnail(fault(scene(t)))) for _, t in zip(range(n), times, strict=False)]


def check_fault(scene: Scene, state: ViewState, fault: Fault) -> None:
    """The fault is reported within a minute with the right state, ends soon after its end, and nothing before."""
    monitor, times = ViewMonitor(), count(0.0, CHECK_INTERVAL_S + 0.03)
    usual = checks(monitor, scene, view, times, LEARNING_CHECKS)
    assert {report.state for report in usual} == {ViewState.OK}
    faulty = checks(monitor, scene, fault, times, FAULT_CHECKS)
    assert faulty[0].state is ViewState.OK, "one look proves nothing"
    assert faulty[-1].state is state
    figures = faulty[-1].figures
    assert (figures.hidden_share is not None) == (state is ViewState.COVERED)
    assert (figures.fine_detail_share is not None) == (state is ViewState.BLURRED)
    assert state is ViewState.MOVED or figures.shift_share is None is figures.rotation_deg
    assert faulty[-1].confidence > 0.3
    again = checks(monitor, scene, view, times, 10)
    assert again[-1].state is ViewState.OK
    assert again[-1].figures == FaultFigures()


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_a_simulated_street(name):
    check_fault(simulated, *FAULTS[name])


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("name", ["shifted", "turned", "turned away", "blurred", "covered", "dark", "washed out"])
def test_faults_of_real_views(shared_dir, clip, name):
    check_fault(played(shared_dir, clip), *FAULTS[name])


@pytest.mark.parametrize("clip", CLIPS)
def test_no_alarm_on_real_views(shared_dir, clip):
    """Minutes of each, with its traffic, drift, rain, dusk and repeated pictures."""
    monitor, scene = ViewMonitor(), played(shared_dir, clip)
    states = {monitor.update(t, thumbnail(scene(t))).state for t in np.arange(0, 400, CHECK_INTERVAL_S + 0.03)}
    assert states == {ViewState.OK}


def check_no_alarm(change: Callable[[float, Grey], Grey], seconds: float = 600) -> None:
    monitor = ViewMonitor()
    for t in np.arange(0, seconds, CHECK_INTERVAL_S):
        report = monitor.update(float(t), thumbnail(change(float(t), simulated(float(t)))))
        assert report.state is ViewState.OK, f"{report} at {t} s"


@pytest.mark.slow
def test_nightfall_is_no_fault():
    check_no_alarm(lambda t, p: light(view(p), 1 - 0.6 * min(1.0, t / 600), noise=4), seconds=900)


@pytest.mark.slow
def test_street_lights_that_go_out_are_no_fault():
    check_no_alarm(lambda t, p: light(view(p), 1.0 if t < 300 else 0.45, noise=2))


def test_headlights_on_a_dark_road_are_not_dark():
    def at_night(t: float, picture: Grey) -> Grey:
        road = light(view(picture), 0.05, noise=2)
        left = int(t * 20) % 150
        road[60:70, left : left + 20] = 250
        return road

    check_no_alarm(at_night)


@pytest.mark.slow
def test_a_camera_that_shakes_is_no_moved_one():
    def shaken(t: float, picture: Grey) -> Grey:
        du, dv, turn = np.random.default_rng(int(t * 10)).normal(0, (0.004, 0.004, 0.3))
        return view(picture, du, dv, turn)

    check_no_alarm(shaken)


@pytest.mark.slow
def test_a_bus_before_the_lens_is_no_cover():
    def passing(t: float, picture: Grey) -> Grey:
        seen = view(picture).copy()
        if t % 60 < 10:
            seen[:, : round(0.7 * seen.shape[1])] = 200
        return seen

    check_no_alarm(passing)


@pytest.mark.slow
def test_a_queue_that_moves_up_is_no_moved_camera():
    queue = cv2.resize(np.random.default_rng(3).integers(20, 235, (20, 60)).astype(np.uint8), (240, 80))

    def standing(t: float, picture: Grey) -> Grey:
        street = picture.copy()
        street[56:] = np.roll(queue, 8 if t > 300 else 0, axis=1)
        return view(street)

    check_no_alarm(standing)


@pytest.mark.slow
def test_a_view_that_creeps_away_is_reported():
    monitor = ViewMonitor()
    reports = [
        monitor.update(t, thumbnail(view(simulated(t), du=0.05 * t / 900))) for t in np.arange(0, 900, CHECK_INTERVAL_S)
    ]
    assert reports[len(reports) // 4].state is ViewState.OK
    assert reports[-1].state is ViewState.MOVED


def test_a_moved_view_is_ok_after_rebaseline():
    monitor, times = ViewMonitor(), count(0.0, CHECK_INTERVAL_S)
    _, fault = FAULTS["shifted"]
    checks(monitor, simulated, view, times, LEARNING_CHECKS)
    assert checks(monitor, simulated, fault, times, FAULT_CHECKS)[-1].state is ViewState.MOVED
    monitor.rebaseline()
    assert {report.state for report in checks(monitor, simulated, fault, times, LEARNING_CHECKS)} == {ViewState.OK}


def test_a_fault_is_reported_with_its_start():
    monitor, times = ViewMonitor(), count(0.0, CHECK_INTERVAL_S)
    state, fault = FAULTS["covered wholly"]
    checks(monitor, simulated, view, times, LEARNING_CHECKS)
    began = LEARNING_CHECKS * CHECK_INTERVAL_S
    report = checks(monitor, simulated, fault, times, FAULT_CHECKS)[-1]
    assert (report.state, report.since_s) == (state, pytest.approx(began, abs=2 * CHECK_INTERVAL_S))


def test_a_camera_that_starts_in_the_dark_reports_it_and_learns_in_daylight():
    monitor, times = ViewMonitor(), count(0.0, CHECK_INTERVAL_S)
    assert checks(monitor, simulated, lambda p: light(view(p), 0.03, 4), times, 20)[-1].state is ViewState.DARK
    assert checks(monitor, simulated, view, times, LEARNING_CHECKS)[-1].state is ViewState.OK
    assert checks(monitor, simulated, FAULTS["shifted"][1], times, FAULT_CHECKS)[-1].state is ViewState.MOVED


def test_a_clock_set_back_does_not_stop_the_checks():
    monitor = ViewMonitor()
    checks(monitor, simulated, view, count(100_000.0, CHECK_INTERVAL_S), LEARNING_CHECKS)
    times = count(10_000.0, CHECK_INTERVAL_S)
    assert checks(monitor, simulated, FAULTS["shifted"][1], times, FAULT_CHECKS)[-1].state is ViewState.MOVED


def test_evidence_from_before_a_gap_does_not_count():
    monitor, times = ViewMonitor(), count(0.0, CHECK_INTERVAL_S)
    _, fault = FAULTS["covered"]
    checks(monitor, simulated, view, times, LEARNING_CHECKS)
    short = int(0.7 * DEFAULT_CONFIG.dwell_other_s / CHECK_INTERVAL_S)
    checks(monitor, simulated, fault, times, short)
    later = count(10_000.0, CHECK_INTERVAL_S)
    assert checks(monitor, simulated, fault, later, short)[-1].state is ViewState.OK


def test_an_image_of_another_size_is_learned_from_the_start():
    monitor, times = ViewMonitor(), count(0.0, CHECK_INTERVAL_S)
    checks(monitor, simulated, view, times, LEARNING_CHECKS)
    taller = [monitor.update(t, thumbnail(view(simulated(t))[:, :150])) for _, t in zip(range(40), times, strict=False)]
    assert {report.state for report in taller} == {ViewState.OK}


def test_checks_are_due_at_the_interval():
    monitor = ViewMonitor()
    assert monitor.is_due(100.0)
    monitor.update(100.0, thumbnail(simulated(0.0)))
    assert not monitor.is_due(100.5)
    assert monitor.is_due(100.0 + CHECK_INTERVAL_S)
    assert monitor.is_due(40.0), "a clock that was set back"


@pytest.mark.parametrize("shape", [(1080, 1920), (1080, 1920, 3), (1280, 720), (90, 160)])
def test_a_thumbnail_is_small_and_grey(shape):
    small = thumbnail(np.full(shape, 77, np.uint8))
    assert small.ndim == 2
    assert max(small.shape) == THUMBNAIL_SIDE_PX
    assert set(np.unique(small)) == {77}
