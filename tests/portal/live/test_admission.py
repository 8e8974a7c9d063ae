"""Admission of viewers: the uplink is never exceeded, an admitted viewer stays, and unused room is given to others."""

import pytest

from portal.live.admission import LEASE_S, VIDEO_SHARE, Admission, MeasuredRates, playlist_bits_per_s

MBIT = 1e6


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def admission(clock: Clock, viewers_of_1_mbit: int = 2) -> Admission:
    rates = {"a": 1 * MBIT, "b": 1 * MBIT, "wide": 2 * MBIT}
    return Admission(viewers_of_1_mbit / VIDEO_SHARE, rates.__getitem__, now=clock)


def test_viewers_are_admitted_up_to_the_share_of_the_uplink(clock: Clock) -> None:
    tested = admission(clock)
    assert [tested.admit("a", lease) for lease in ("1", "2", "3")] == [True, True, False]
    assert tested.viewers == 2
    assert not tested.admit("b", "4")


def test_a_camera_with_more_bits_takes_more_room(clock: Clock) -> None:
    tested = admission(clock, viewers_of_1_mbit=3)
    assert tested.admit("wide", "1")
    assert not tested.admit("wide", "2")
    assert tested.admit("a", "2")


def test_a_lease_lasts_as_long_as_it_is_used(clock: Clock) -> None:
    tested = admission(clock, viewers_of_1_mbit=1)
    assert tested.admit("a", "1")
    for _ in range(10):
        clock.now += 0.9 * LEASE_S
        assert tested.renew("a", "1")
        assert not tested.admit("a", "2")


def test_the_room_of_a_viewer_that_left_is_given_to_the_next(clock: Clock) -> None:
    tested = admission(clock, viewers_of_1_mbit=1)
    assert tested.admit("a", "1")
    clock.now += LEASE_S
    assert not tested.renew("a", "1")
    assert tested.admit("b", "2")
    assert not tested.admit("a", "1"), "the viewer that comes back waits like any other"


@pytest.mark.parametrize(("camera", "lease"), [("b", "1"), ("a", "2"), ("a", "")])
def test_a_lease_is_for_its_viewer_and_camera_only(clock: Clock, camera: str, lease: str) -> None:
    tested = admission(clock)
    assert tested.admit("a", "1")
    assert not tested.renew(camera, lease)


def test_operators_are_always_admitted_and_take_room(clock: Clock) -> None:
    tested = admission(clock, viewers_of_1_mbit=1)
    assert tested.admit("a", "1")
    assert tested.admit("a", "operator", always=True)
    assert tested.renew("a", "1"), "no viewer is sent away for an operator"
    clock.now += LEASE_S
    assert tested.admit("a", "operator", always=True)
    assert not tested.admit("a", "2")


def test_the_rate_of_a_camera_is_measured_from_its_playlist(tmp_path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    for name, size in (("init-1.mp4", 700), ("1.m4s", 50_000), ("2.m4s", 200_000)):
        (folder / name).write_bytes(bytes(size))
    listed = "\n".join(
        f"#EXTINF:{seconds},\n{name}" for seconds, name in ((1.0, "1.m4s"), (1.5, "2.m4s"), (9, "gone.m4s"))
    )
    (folder / "index.m3u8").write_text(f'#EXTM3U\n#EXT-X-MAP:URI="init-1.mp4"\n{listed}\n')
    assert playlist_bits_per_s(folder / "index.m3u8") == pytest.approx(8 * 250_000 / 2.5)
    assert MeasuredRates(tmp_path).bits_per_s("a") == pytest.approx(800_000)


@pytest.mark.parametrize("content", [None, "", "#EXTM3U\n#EXTINF:1.0,\ngone.m4s\n", "#EXTINF:0,\nx\n"])
def test_a_camera_without_segments_has_the_rate_of_an_ordinary_one(tmp_path, content) -> None:
    (tmp_path / "a").mkdir()
    if content is not None:
        (tmp_path / "a" / "index.m3u8").write_text(content)
    assert playlist_bits_per_s(tmp_path / "a" / "index.m3u8") is None
    assert MeasuredRates(tmp_path).bits_per_s("a") > 0
    assert MeasuredRates(tmp_path).bits_per_s("a.small") == 192_000


def test_a_measured_rate_is_renewed(tmp_path, clock: Clock) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.m4s").write_bytes(bytes(1000))
    (tmp_path / "a" / "index.m3u8").write_text("#EXTINF:1.0,\n1.m4s\n")
    rates = MeasuredRates(tmp_path, now=clock)
    assert rates.bits_per_s("a") == 8000
    (tmp_path / "a" / "1.m4s").write_bytes(bytes(2000))
    assert rates.bits_per_s("a") == 8000
    clock.now += 60
    assert rates.bits_per_s("a") == 16000
