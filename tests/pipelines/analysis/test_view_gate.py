"""Whether what a camera shows may be analysed. Time comes with the frames, so minutes pass in moments."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from pipelines.analysis.view_gate import ViewGate, ViewQuality
from pipelines.analysis.view_store import ViewStore, has_geometry
from pipelines.config.geometry_file import CameraGeometry
from pipelines.events.schema import CameraStatus
from tests.support.street import street_frame

START = 1_800_000_000.0
TURNED = 20
Show = Callable[..., list[ViewQuality]]


def drawn(gate_to: float = 300, **more: object) -> CameraGeometry:
    gate = {"id": "north", "p1": (20, 90), "p2": (gate_to, 90)}
    return CameraGeometry.model_validate({"image_size": (320, 180), "gates": [gate], **more})


@pytest.fixture
def show() -> Show:
    """Shows a view so many seconds of a street; time and grain go on from call to call."""
    numbers = count()

    def pictures(view: ViewGate, seconds: float, still: VideoFrame | None = None, **fault: int) -> list[ViewQuality]:
        return [
            view.update(START + number, still or street_frame(number, **fault))
            for number in (next(numbers) for _ in range(int(seconds)))
        ]

    return pictures


def test_a_turned_camera_is_doubted_at_once_told_soon_and_trusted_again_when_it_is_back(show: Show) -> None:
    view = ViewGate(30)
    assert all(fitness == ViewQuality(usable=True) for fitness in show(view, 120))
    turned = show(view, 30, shift=TURNED)
    assert not any(fitness.usable for fitness in turned[2:]), "nothing is counted at gates that may lie elsewhere"
    assert turned[2].status is None, "one look proves nothing"
    assert turned[-1].status is CameraStatus.UNUSABLE
    assert turned[-1].reason.startswith("the view has shifted")
    assert len({fitness.reason for fitness in turned[15:]}) == 1, "whoever hears of it hears it once"
    assert show(view, 30)[-1] == ViewQuality(usable=True)


def test_a_passing_bus_is_not_counted_through_and_not_told(show: Show) -> None:
    view = ViewGate(30)
    show(view, 60)
    hidden = show(view, 8, covered=True)
    assert not hidden[-1].usable
    assert {fitness.status for fitness in hidden} == {None}
    assert show(view, 4)[-1].usable


def test_a_picture_that_repeats_itself_is_frozen_until_it_moves(show: Show) -> None:
    view = ViewGate(30)
    show(view, 60)
    hung = show(view, 40, still=street_frame(7))
    assert (hung[3].usable, hung[10].usable, hung[10].status) == (True, False, None)
    assert hung[-1].status is CameraStatus.FROZEN
    assert show(view, 1) == [ViewQuality(usable=True)]


def test_a_camera_that_comes_back_from_hanging_with_another_view_is_turned_and_no_longer_frozen(show: Show) -> None:
    view = ViewGate(30)
    show(view, 60)
    assert show(view, 40, still=street_frame(7))[-1].status is CameraStatus.FROZEN
    assert show(view, 20, shift=TURNED)[-1].status is CameraStatus.UNUSABLE


def test_a_lens_cap_that_makes_one_black_picture_is_dark_and_not_frozen(show: Show) -> None:
    view = ViewGate(30)
    show(view, 60)
    black = VideoFrame(320, 180, "gray")
    for plane in black.planes:
        plane.update(bytes(plane.buffer_size))
    assert "dark" in show(view, 60, still=black)[-1].reason


def test_where_nothing_is_drawn_a_camera_may_be_turned(show: Show) -> None:
    assert not has_geometry(CameraGeometry())
    view = ViewGate(30, drawn_on=False)
    show(view, 120)
    show(view, 40, shift=TURNED)
    assert show(view, 20, shift=TURNED)[-1] == ViewQuality(usable=True)


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Callable[..., ViewGate]]:
    """`restarted(geometry)`: the worker's view of the same camera after the last one was closed."""
    views: list[ViewGate] = []

    def start(geometry: CameraGeometry) -> ViewGate:
        for view in views:
            view.close()
        views[:] = [ViewGate(30, ViewStore(tmp_path / "views" / "road.npz", geometry))]
        return views[0]

    yield start


def test_a_camera_turned_while_the_worker_was_down_is_noticed(show: Show, restarted: Callable[..., ViewGate]) -> None:
    show(restarted(drawn()), 150)
    turned = show(restarted(drawn()), 30, shift=TURNED)
    assert not any(fitness.usable for fitness in turned), "from its first picture on"
    assert turned[-1].reason.startswith("the view has shifted")
    # Not even the next restart makes it forget.
    view = restarted(drawn())
    assert show(view, 30, shift=TURNED)[-1].status is CameraStatus.UNUSABLE
    assert show(view, 30)[-1] == ViewQuality(usable=True)


def test_a_camera_covered_while_the_worker_was_down_is_noticed(show: Show, restarted: Callable[..., ViewGate]) -> None:
    show(restarted(drawn()), 150)
    assert show(restarted(drawn()), 90, covered=True)[-1].status is CameraStatus.UNUSABLE


@pytest.mark.parametrize("geometry", [drawn(gate_to=280), drawn(view_accepted_on="2026-11-23")])
def test_whoever_draws_anew_accepts_the_view(
    show: Show, restarted: Callable[..., ViewGate], geometry: CameraGeometry
) -> None:
    show(restarted(drawn()), 150)
    assert all(fitness.usable for fitness in show(restarted(geometry), 60, shift=TURNED))
    # From now on that is the view, and the former one is wrong.
    assert show(restarted(geometry), 30)[-1].status is CameraStatus.UNUSABLE


@pytest.mark.parametrize("geometry", [drawn(name="North"), drawn(speed_limit_kmh=40)])
def test_what_is_not_drawn_accepts_nothing(
    show: Show, restarted: Callable[..., ViewGate], geometry: CameraGeometry
) -> None:
    show(restarted(drawn()), 150)
    assert show(restarted(geometry), 30, shift=TURNED)[-1].status is CameraStatus.UNUSABLE


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_memory_is_learned_anew(
    show: Show, restarted: Callable[..., ViewGate], tmp_path: Path, damage: bytes | None
) -> None:
    show(restarted(drawn()), 150)
    view = restarted(drawn())
    kept = tmp_path / "views" / "road.npz"
    kept.write_bytes(kept.read_bytes()[:4000] if damage is None else damage)
    view = ViewGate(30, ViewStore(kept, drawn()))
    assert all(fitness.usable for fitness in show(view, 60))


def test_a_disk_that_takes_nothing_costs_the_memory_alone(show: Show, tmp_path: Path) -> None:
    (tmp_path / "views").write_text("a file where the folder should be")
    view = ViewGate(30, ViewStore(tmp_path / "views" / "road.npz", drawn()))
    assert all(fitness.usable for fitness in show(view, 60))
    view.close()
