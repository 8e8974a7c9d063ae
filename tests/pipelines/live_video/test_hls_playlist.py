"""One playlist over many connections."""

import re
from pathlib import Path

import pytest

from pipelines.live_video.hls_playlist import PLAYLIST, STILL_READ, LivePlaylist


def run(first: int, count: int) -> str:
    """What av writes for a connection whose segments begin with number `first`."""
    header = '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI="init.mp4"\n'
    entry = "#EXTINF:{0},\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T22:07:51.380+0000\n{1}.m4s\n"
    return header + "".join(entry.format("1.200000", number) for number in range(first, first + count))


class Connection:
    """Lists one segment after the other, and writes their files."""

    def __init__(self, playlist: LivePlaylist) -> None:
        self._playlist = playlist
        self._first = playlist.next_sequence
        self.init = f"init-{self._first}.mp4"
        (playlist.folder / self.init).touch()

    def list(self, count: int) -> None:
        for _ in range(count):
            number = self._playlist.next_sequence
            (self._playlist.folder / f"{number}.m4s").touch()
            self._playlist.ingest(self.init, run(max(self._first, number - 4), min(number - self._first, 4) + 1))


@pytest.fixture
def playlist(tmp_path: Path) -> LivePlaylist:
    return LivePlaylist(tmp_path / "hls", segments_kept=3)


def listed(playlist: LivePlaylist) -> list[str]:
    """The playlist's lines that name something or mark a discontinuity."""
    text = (playlist.folder / PLAYLIST).read_text()
    return re.findall(r"^(#EXT-X-DISCONTINUITY$|#EXT-X-MAP.*|\d+\.m4s)", text, re.MULTILINE)


def tag(playlist: LivePlaylist, name: str) -> int:
    (value,) = re.findall(rf"^#EXT-X-{name}:(\d+)$", (playlist.folder / PLAYLIST).read_text(), re.MULTILINE)
    return int(value)


def test_the_newest_segments_are_listed_and_old_files_deleted(playlist: LivePlaylist) -> None:
    first = playlist.next_sequence
    connection = Connection(playlist)
    connection.list(10)
    header, *names = listed(playlist)
    assert header == f'#EXT-X-MAP:URI="{connection.init}"'
    assert names == [f"{number}.m4s" for number in range(first + 7, first + 10)]
    assert tag(playlist, "MEDIA-SEQUENCE") == first + 7
    assert tag(playlist, "TARGETDURATION") == 1
    assert len(list(playlist.folder.glob("*.m4s"))) == 3 + STILL_READ


def test_a_new_connection_is_a_discontinuity_with_its_own_header(playlist: LivePlaylist) -> None:
    first = playlist.next_sequence
    before = Connection(playlist)
    before.list(3)
    after = Connection(playlist)
    after.list(1)
    assert listed(playlist) == [
        f'#EXT-X-MAP:URI="{before.init}"',
        f"{first + 1}.m4s",
        f"{first + 2}.m4s",
        "#EXT-X-DISCONTINUITY",
        f'#EXT-X-MAP:URI="{after.init}"',
        f"{first + 3}.m4s",
    ]
    assert tag(playlist, "DISCONTINUITY-SEQUENCE") == 0
    after.list(2)
    assert tag(playlist, "DISCONTINUITY-SEQUENCE") == 1
    assert (playlist.folder / before.init).exists()
    after.list(STILL_READ)
    assert not (playlist.folder / before.init).exists()
    assert (playlist.folder / after.init).exists()


def test_a_cleared_playlist_leaves_nothing_and_goes_on_counting(playlist: LivePlaylist) -> None:
    first = playlist.next_sequence
    Connection(playlist).list(2)
    playlist.clear()
    assert not list(playlist.folder.iterdir())
    Connection(playlist).list(1)
    assert tag(playlist, "MEDIA-SEQUENCE") == first + 2
    assert tag(playlist, "DISCONTINUITY-SEQUENCE") == 1


def test_a_restart_begins_with_an_empty_folder(playlist: LivePlaylist) -> None:
    Connection(playlist).list(2)
    again = LivePlaylist(playlist.folder, segments_kept=3)
    assert not list(playlist.folder.iterdir())
    assert again.next_sequence > 0
