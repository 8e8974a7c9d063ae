"""View gate over minutes of a simulated street; time comes with the frames."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from pipelines.analysis.view_gate import ViewGate, ViewQuality
from pipelines.analysis.view_store import ViewStore, has_geometry
from pipelines.config.geometry_file import CameraGeometry
from pipelines.events.condition import Condition
from pipelines.ingest.frame_buffer import TimedFrame
from tests.support.street import street_frame

START = 1_800_000_000.0
TURNED = 20
Assess = Callable[..., list[ViewQuality]]


def geometry_with(gate_to: float = 300, **more: object) -> CameraGeometry:
    gate = {"id": "north", "p1": (20, 90), "p2": (gate_to, 90)}
    return CameraGeometry.model_validate({"image_size": (320, 180), "gates": [gate], **more})


@pytest.fixture
def assess() -> Assess:
    """`assess(gate, seconds)`: qualities of one frame a second; time and noise continue from call to call."""
    numbers = count()

    def run(gate: ViewGate, seconds: float, still: VideoFrame | None = None, **fault: int) -> list[ViewQuality]:
        return [
            gate.update(START + number, still or street_frame(number, **fault))
            for number in (next(numbers) for _ in range(int(seconds)))
        ]

    return run


def code(qualities: list[ViewQuality]) -> Condition | None:
    """Return the condition of the last frame."""
    condition = qualities[-1].condition
    return None if condition is None else condition.code


def test_a_turned_camera_is_unusable_at_once_reported_soon_and_usable_again_after_it_is_back(assess: Assess) -> None:
    gate = ViewGate(30)
    assert all(quality == ViewQuality(usable=True) for quality in assess(gate, 120))
    turned = assess(gate, 30, shift=TURNED)
    assert not any(quality.usable for quality in turned[2:]), "nothing is counted at gates that may lie elsewhere"
    assert turned[2].condition is None, "one check is no proof"
    condition = turned[-1].condition
    assert condition is not None
    assert condition.code is Condition.MOVED
    assert condition.details.shift_share > 0.02
    assert {quality.condition for quality in turned[15:]} == {condition}, "one condition while it lasts"
    assert assess(gate, 30)[-1] == ViewQuality(usable=True)


def test_a_passing_bus_makes_the_view_unusable_but_is_not_reported(assess: Assess) -> None:
    gate = ViewGate(30)
    assess(gate, 60)
    covered = assess(gate, 8, covered=True)
    assert not covered[-1].usable
    assert {quality.condition for quality in covered} == {None}
    assert assess(gate, 4)[-1].usable


def test_a_repeated_frame_is_frozen_until_a_different_one_comes(assess: Assess) -> None:
    gate = ViewGate(30)
    assess(gate, 60)
    frozen = assess(gate, 40, still=street_frame(7))
    assert (frozen[3].usable, frozen[10].usable, frozen[10].condition) == (True, False, None)
    assert [quality.repeated_within_s for quality in frozen[:4]] == [None, 5.0, 5.0, 5.0], "in doubt from the second on"
    assert code(frozen) is Condition.FROZEN
    assert assess(gate, 1) == [ViewQuality(usable=True)]


@pytest.mark.parametrize(
    ("damaged_within_s", "repeated_within_s", "doubt_s"),
    [(None, None, None), (2.0, None, 2.0), (None, 5.0, 5.0), (2.0, 5.0, 2.0), (6.0, 5.0, 5.0)],
)
def test_a_frame_has_the_shortest_of_its_doubts(
    damaged_within_s: float | None, repeated_within_s: float | None, doubt_s: float | None
) -> None:
    frame = TimedFrame(START, street_frame(0), doubt_s=damaged_within_s)
    assert ViewQuality(usable=True, repeated_within_s=repeated_within_s).of(frame).doubt_s == doubt_s


def test_a_frozen_camera_that_resumes_with_another_view_is_unusable_and_no_longer_frozen(assess: Assess) -> None:
    gate = ViewGate(30)
    assess(gate, 60)
    assert code(assess(gate, 40, still=street_frame(7))) is Condition.FROZEN
    assert code(assess(gate, 20, shift=TURNED)) is Condition.MOVED


def test_a_repeated_black_frame_is_dark_and_not_frozen(assess: Assess) -> None:
    gate = ViewGate(30)
    assess(gate, 60)
    black = VideoFrame(320, 180, "gray")
    for plane in black.planes:
        plane.update(bytes(plane.buffer_size))
    assert code(assess(gate, 60, still=black)) is Condition.DARK


def test_without_geometry_a_turned_camera_stays_usable(assess: Assess) -> None:
    assert not has_geometry(CameraGeometry())
    gate = ViewGate(30, has_geometry=False)
    assess(gate, 120)
    assess(gate, 40, shift=TURNED)
    assert assess(gate, 20, shift=TURNED)[-1] == ViewQuality(usable=True)


@pytest.fixture
def restarted(tmp_path: Path) -> Callable[..., ViewGate]:
    """`restarted(geometry)`: a new gate of the same camera, after the previous one was closed."""
    gates: list[ViewGate] = []

    def start(geometry: CameraGeometry) -> ViewGate:
        for gate in gates:
            gate.close()
        gates[:] = [ViewGate(30, ViewStore(tmp_path / "views" / "road.npz", geometry))]
        return gates[0]

    return start


@pytest.mark.slow
def test_a_turn_while_the_worker_was_stopped_is_detected(assess: Assess, restarted: Callable[..., ViewGate]) -> None:
    assess(restarted(geometry_with()), 150)
    turned = assess(restarted(geometry_with()), 30, shift=TURNED)
    assert not any(quality.usable for quality in turned), "from its first frame on"
    assert code(turned) is Condition.MOVED
    # The next restart does not accept it either.
    gate = restarted(geometry_with())
    assert code(assess(gate, 30, shift=TURNED)) is Condition.MOVED
    assert assess(gate, 30)[-1] == ViewQuality(usable=True)


@pytest.mark.slow
def test_a_cover_while_the_worker_was_stopped_is_detected(assess: Assess, restarted: Callable[..., ViewGate]) -> None:
    assess(restarted(geometry_with()), 150)
    assert code(assess(restarted(geometry_with()), 90, covered=True)) is Condition.COVERED


@pytest.mark.slow
@pytest.mark.parametrize("geometry", [geometry_with(gate_to=280), geometry_with(view_accepted_on="2026-11-23")])
def test_a_change_of_the_geometry_accepts_the_present_view(
    assess: Assess, restarted: Callable[..., ViewGate], geometry: CameraGeometry
) -> None:
    assess(restarted(geometry_with()), 150)
    assert all(quality.usable for quality in assess(restarted(geometry), 60, shift=TURNED))
    # That view is the reference from then on, and the former one is wrong.
    assert code(assess(restarted(geometry), 30)) is Condition.MOVED


@pytest.mark.slow
@pytest.mark.parametrize("geometry", [geometry_with(name="North"), geometry_with(speed_limit_kmh=40)])
def test_a_change_of_other_keys_accepts_nothing(
    assess: Assess, restarted: Callable[..., ViewGate], geometry: CameraGeometry
) -> None:
    assess(restarted(geometry_with()), 150)
    assert code(assess(restarted(geometry), 30, shift=TURNED)) is Condition.MOVED


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_damaged_reference_views_are_learned_again(
    assess: Assess, restarted: Callable[..., ViewGate], tmp_path: Path, damage: bytes | None
) -> None:
    assess(restarted(geometry_with()), 150)
    gate = restarted(geometry_with())
    kept = tmp_path / "views" / "road.npz"
    kept.write_bytes(kept.read_bytes()[:4000] if damage is None else damage)
    gate = ViewGate(30, ViewStore(kept, geometry_with()))
    assert all(quality.usable for quality in assess(gate, 60))


def test_a_disk_error_affects_only_the_stored_views(assess: Assess, tmp_path: Path) -> None:
    (tmp_path / "views").write_text("a file where the folder should be")
    gate = ViewGate(30, ViewStore(tmp_path / "views" / "road.npz", geometry_with()))
    assert all(quality.usable for quality in assess(gate, 60))
    gate.close()
