"""Playlist of a camera over many connections and restarts."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.live_video.hls_playlist import (
    MAX_SEGMENTS,
    NUMBERS,
    PLAYLIST,
    RESERVED_NUMBERS,
    InitSection,
    LivePlaylist,
)

START = 1_800_000_000.0
KEPT = 3


@dataclass
class Clock:
    seconds: float = START

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def playlist(tmp_path: Path, clock: Clock) -> LivePlaylist:
    return LivePlaylist(tmp_path / "hls", segments_kept=KEPT, now=clock)


def header(number: int = 0) -> InitSection:
    return InitSection(b"header %d" % number)


def add(playlist: LivePlaylist, init: InitSection, count: int = 1, duration_s: float = 1.2) -> None:
    for _ in range(count):
        media = b"media %d" % playlist.next_sequence
        playlist.add(init, media, start_at=START + playlist.next_sequence, duration_s=duration_s)


@dataclass
class Parsed:
    """What a player reads from the playlist."""

    media_sequence: int
    discontinuity_sequence: int
    target_s: int
    entries: list[tuple[str, str, float, bool]]
    """(segment, header, duration, whether a discontinuity precedes it)."""

    @property
    def names(self) -> list[str]:
        return [name for name, *_ in self.entries]


def parse(playlist: LivePlaylist) -> Parsed:
    """Parse the playlist by RFC 8216, without knowledge of its writer."""
    first, *lines = (playlist.folder / PLAYLIST).read_text().splitlines()
    assert first == "#EXTM3U"
    tags: dict[str, str] = {}
    entries: list[tuple[str, str, float, bool]] = []
    init, duration, discontinuity = "", -1.0, False
    for line in lines:
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MAP":
            init = value.removeprefix('URI="').removesuffix('"')
        elif tag == "#EXTINF":
            duration = float(value.removesuffix(","))
        elif tag == "#EXT-X-DISCONTINUITY":
            discontinuity = True
        elif line.startswith("#"):
            tags[tag] = value
        else:
            entries.append((line, init, duration, discontinuity))
            duration, discontinuity = -1.0, False
    names = ("MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE", "TARGETDURATION")
    sequence, discontinuities, target = (int(tags[f"#EXT-X-{name}"]) for name in names)
    return Parsed(sequence, discontinuities, target, entries)


def media_files(playlist: LivePlaylist) -> list[str]:
    return sorted(path.name for path in playlist.folder.iterdir() if path.name != NUMBERS)


def test_the_newest_segments_are_listed_and_old_files_deleted(playlist: LivePlaylist) -> None:
    first = playlist.next_sequence
    add(playlist, header(), 10)
    parsed = parse(playlist)
    assert parsed.names == [f"{number}.m4s" for number in range(first + 7, first + 10)]
    assert {init for _, init, _, _ in parsed.entries} == {f"init-{first}.mp4"}
    assert (parsed.media_sequence, parsed.target_s) == (first + 7, 1)
    assert (playlist.folder / f"init-{first}.mp4").read_bytes() == b"header 0"
    assert (playlist.folder / f"{first + 9}.m4s").read_bytes() == b"media %d" % (first + 9)
    add(playlist, header(), 20)
    assert len(media_files(playlist)) <= 2 * KEPT + 1 + len([PLAYLIST, "header", "header of the unlisted"])


def test_each_segment_has_the_time_of_its_first_frame(playlist: LivePlaylist) -> None:
    playlist.add(header(), b"", start_at=1795386471.38, duration_s=1.2)
    text = (playlist.folder / PLAYLIST).read_text()
    assert re.findall(r"^#EXT-X-PROGRAM-DATE-TIME:(.*)$", text, re.MULTILINE) == ["2026-11-22T22:27:51.380+00:00"]


def test_the_target_duration_covers_the_longest_segment(playlist: LivePlaylist) -> None:
    init = header()
    for duration_s in (1.0, 2.6, 0.2):
        add(playlist, init, duration_s=duration_s)
    assert parse(playlist).target_s == 3


@pytest.mark.parametrize(("duration_s", "target_s"), [(0.2, 1), (1.3, 1), (1.5, 2), (2.5, 3), (4.5, 5)])
def test_a_length_of_half_a_second_more_counts_upwards(
    playlist: LivePlaylist, duration_s: float, target_s: int
) -> None:
    add(playlist, header(), duration_s=duration_s)
    assert parse(playlist).target_s == target_s


def test_the_target_duration_of_regular_keyframes_does_not_change_with_their_jitter(playlist: LivePlaylist) -> None:
    init, stated = header(), set[int]()
    for duration_s in (2.49, 2.5, 2.58, 2.42, 2.5):
        add(playlist, init, duration_s=duration_s)
        stated.add(parse(playlist).target_s)
    assert stated == {3}


def test_the_target_duration_never_decreases_before_the_playlist_is_cleared(playlist: LivePlaylist) -> None:
    init = header()
    add(playlist, init, duration_s=4.0)
    add(playlist, init, 40, duration_s=1.0)
    assert parse(playlist).target_s == 4
    playlist.clear()
    add(playlist, header(1), duration_s=1.0)
    assert parse(playlist).target_s == 1


def test_a_playlist_of_which_segments_leave_is_three_target_durations_long(playlist: LivePlaylist) -> None:
    first, init = playlist.next_sequence, header()
    for duration_s in (1.0, 4.0, *[1.0] * 30):
        add(playlist, init, duration_s=duration_s)
        parsed = parse(playlist)
        length_s = sum(duration for *_, duration, _ in parsed.entries)
        assert parsed.media_sequence == first or length_s >= 3 * parsed.target_s
    assert parsed.media_sequence > first + KEPT


def test_a_removed_segment_stays_for_its_length_and_that_of_the_playlist(playlist: LivePlaylist) -> None:
    init, remaining_s, removed = header(), dict[str, float](), 0
    before: list[tuple[str, str, float, bool]] = []
    for number in range(40):
        added_s = 1.0 + number % 3
        add(playlist, init, duration_s=added_s)
        entries = parse(playlist).entries
        remaining_s = {name: rest_s - added_s for name, rest_s in remaining_s.items()}
        playlist_s = sum(duration_s for _, _, duration_s, _ in before)
        for name, _, duration_s, _ in before:
            if name not in {listed for listed, *_ in entries}:
                remaining_s[name] = duration_s + playlist_s
                removed += 1
        assert [
            name for name, rest_s in remaining_s.items() if rest_s > 0 and not (playlist.folder / name).exists()
        ] == []
        before = entries
    assert removed > 30


def test_segments_of_one_frame_do_not_fill_the_disk(playlist: LivePlaylist) -> None:
    add(playlist, header(), 3 * MAX_SEGMENTS, duration_s=0.001)
    assert len(media_files(playlist)) <= 2 * MAX_SEGMENTS + 2


def test_a_new_run_is_a_discontinuity_with_its_own_header(playlist: LivePlaylist) -> None:
    first = playlist.next_sequence
    before, after = header(1), header(2)
    add(playlist, before, 3)
    add(playlist, after)
    assert [(name, init, new) for name, init, _, new in parse(playlist).entries] == [
        (f"{first + 1}.m4s", f"init-{first}.mp4", False),
        (f"{first + 2}.m4s", f"init-{first}.mp4", False),
        (f"{first + 3}.m4s", f"init-{first + 3}.mp4", True),
    ]
    assert parse(playlist).discontinuity_sequence == 0
    add(playlist, after, 2)
    assert parse(playlist).discontinuity_sequence == 1
    assert f"init-{first}.mp4" in media_files(playlist)
    add(playlist, after, 2 * KEPT)
    assert f"init-{first}.mp4" not in media_files(playlist)
    assert f"init-{first + 3}.mp4" in media_files(playlist)


def test_a_cleared_playlist_has_no_files_and_continues_its_numbers(playlist: LivePlaylist) -> None:
    first = playlist.next_sequence
    add(playlist, header(), 2)
    playlist.clear()
    assert media_files(playlist) == []
    add(playlist, header())
    assert parse(playlist).media_sequence == first + 2
    assert parse(playlist).discontinuity_sequence == 1


@pytest.mark.parametrize("set_back_s", [-3600.0, 0.0, 3600.0, START])
@pytest.mark.parametrize("cleared", [False, True], ids=["killed", "stopped"])
def test_numbers_never_decrease_over_a_restart_with_the_clock_set_back(
    tmp_path: Path, clock: Clock, set_back_s: float, cleared: bool
) -> None:
    before = LivePlaylist(tmp_path / "hls", segments_kept=KEPT, now=clock)
    add(before, header(1), 4)
    add(before, header(2), 4)
    last = parse(before)
    if cleared:
        before.clear()
    clock.seconds -= set_back_s
    after = LivePlaylist(tmp_path / "hls", segments_kept=KEPT, now=clock)
    assert media_files(after) == []
    add(after, header(3))
    parsed = parse(after)
    assert parsed.media_sequence > last.media_sequence + KEPT - 1
    assert parsed.discontinuity_sequence > last.discontinuity_sequence


def test_numbers_never_decrease_however_many_segments_precede_a_restart(tmp_path: Path, clock: Clock) -> None:
    before = LivePlaylist(tmp_path / "hls", segments_kept=KEPT, now=clock)
    add(before, header(), 2 * RESERVED_NUMBERS + 5)
    clock.seconds = 0
    assert LivePlaylist(tmp_path / "hls", segments_kept=KEPT, now=clock).next_sequence >= before.next_sequence


@pytest.mark.parametrize("damage", [b"", b"{", b'{"next_sequence": -1, "next_run": 0}', b"[]"])
def test_unreadable_numbers_are_replaced_by_the_clock_and_the_stored_files(
    playlist: LivePlaylist, clock: Clock, damage: bytes
) -> None:
    add(playlist, header(), 4)
    (playlist.folder / NUMBERS).write_bytes(damage)
    clock.seconds = 10
    assert LivePlaylist(playlist.folder, segments_kept=KEPT, now=clock).next_sequence == playlist.next_sequence
    clock.seconds = START + 10
    assert LivePlaylist(playlist.folder, segments_kept=KEPT, now=clock).next_sequence == (START + 10) * 2


def test_an_error_of_the_disk_is_raised_and_uses_up_no_number(playlist: LivePlaylist) -> None:
    first, init = playlist.next_sequence, header(1)
    add(playlist, init)
    folder, elsewhere = playlist.folder, playlist.folder.with_name("elsewhere")
    folder.rename(elsewhere)
    with pytest.raises(OSError, match="No such file"):
        add(playlist, init)
    elsewhere.rename(folder)
    add(playlist, header(2))
    assert parse(playlist).names == [f"{first}.m4s", f"{first + 1}.m4s"]
    assert [new for *_, new in parse(playlist).entries] == [False, True]


ACTIONS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 5)),
    st.tuples(st.just("new run"), st.integers(1, 3)),
    st.tuples(st.just("clear"), st.just(0)),
    st.tuples(st.just("restart"), st.integers(-10_000, 10_000)),
)


@settings(max_examples=40, deadline=None)
@given(actions=st.lists(ACTIONS, max_size=25))
def test_every_playlist_names_existing_files_under_new_names_and_rising_numbers(actions: list[tuple[str, int]]) -> None:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        playlist, init, runs = LivePlaylist(Path(folder), segments_kept=KEPT, now=clock), header(), 0
        stored: dict[str, bytes] = {}
        last = (-1, -1)
        for action, number in actions:
            if action == "restart":
                clock.seconds += number
                playlist, init = LivePlaylist(Path(folder), segments_kept=KEPT, now=clock), header(runs := runs + 1)
            elif action == "clear":
                playlist.clear()
            else:
                init = header(runs := runs + 1) if action == "new run" else init
                add(playlist, init, number, duration_s=0.1 * number)
            if not (playlist.folder / PLAYLIST).exists():
                assert media_files(playlist) == []
                continue
            parsed = parse(playlist)
            assert last <= (parsed.media_sequence, parsed.discontinuity_sequence)
            assert last[1] <= parsed.discontinuity_sequence
            last = (parsed.media_sequence, parsed.discontinuity_sequence)
            assert parsed.names == [f"{parsed.media_sequence + place}.m4s" for place in range(len(parsed.entries))]
            assert not parsed.entries[0][3]
            for name, header_name, duration_s, _ in parsed.entries:
                for file in (name, header_name):
                    content = (playlist.folder / file).read_bytes()
                    assert stored.setdefault(file, content) == content, "no name is used twice"
                assert duration_s < parsed.target_s + 0.5
            assert len(parsed.entries) <= max(KEPT, 3 * parsed.target_s / 0.1 + 1)


def add_frames(playlist: LivePlaylist, init: InitSection, pattern: str) -> None:
    """Add a segment of a second for each letter: K starts with a keyframe."""
    for letter in pattern:
        playlist.add(init, b"media", start_at=START, duration_s=1, is_independent=letter == "K")


def start_s(playlist: LivePlaylist) -> float | None:
    """Stated start of players, in seconds from the end of the playlist."""
    stated = re.findall(r"^#EXT-X-START:TIME-OFFSET=(-[\d.]+)$", (playlist.folder / PLAYLIST).read_text(), re.MULTILINE)
    return float(stated[0]) if stated else None


@pytest.mark.parametrize(
    ("pattern", "listed", "start"),
    [
        ("KKKKKK", 3, None),
        ("K---------", 10, -10),
        ("K" + "-" * 19 + "K", 21, -21),  # a player that started at the last segment would wait
        ("K" + "-" * 19 + "K--", 3, -3),
        ("K" + "-" * 19 + "K-----", 6, -6),
        ("K" + "-" * (MAX_SEGMENTS + 50), 3, None),
    ],
)
def test_players_start_at_the_last_keyframe_which_stays_in_the_playlist(
    playlist: LivePlaylist, pattern: str, listed: int, start: float | None
) -> None:
    add_frames(playlist, header(), pattern)
    assert len(parse(playlist).entries) == listed
    assert start_s(playlist) == (None if start is None else pytest.approx(start, abs=0.1))
    is_usual = "#EXT-X-INDEPENDENT-SEGMENTS" in (playlist.folder / PLAYLIST).read_text()
    assert is_usual == (set(pattern[-listed:]) == {"K"})
