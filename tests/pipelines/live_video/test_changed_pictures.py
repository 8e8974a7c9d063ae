"""Live video where a stream states another turn, or an MP4 another sample description, from a keyframe on."""

import re
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from threading import Event as Flag

import av
import pytest

from pipelines.ingest.displayed_frame import DisplayConverter
from pipelines.ingest.source import Source
from pipelines.live_video.hls_muxer import HlsWriter
from pipelines.live_video.hls_playlist import PLAYLIST, LivePlaylist
from tests.support.odd_pictures import TURNS, difference, road, write_pictures
from tests.support.sample_descriptions import joined

UPSIDE_DOWN = (-1, 0, 0, -1)
"""Display matrix of a turn by 180 degrees."""
TURN = "h264_metadata=display_orientation=insert:rotate=180"
"""Change of packets that states the same turn."""


def live_runs(folder: Path, *paths: Path) -> list[list[av.VideoFrame]]:
    """Return the displayed frames of each run of live video that continues from file to file."""
    playlist = LivePlaylist(folder, segments_kept=20)
    with (
        Source(str(paths[0]), stop=Flag()) as source,
        HlsWriter(playlist, source, segment_s=1) as writer,
        ExitStack() as files,
    ):
        for path in paths:
            for packet in files.enter_context(av.open(str(path))).demux(video=0):
                if packet.size:
                    writer.put(packet)
    return [shown(playlist, text) for text in (folder / PLAYLIST).read_text().split("#EXT-X-DISCONTINUITY\n")]


def shown(playlist: LivePlaylist, run: str) -> list[av.VideoFrame]:
    names = re.findall(r'^(?:#EXT-X-MAP:URI=")?([\w-]+\.(?:mp4|m4s))', run, re.MULTILINE)
    with av.open(BytesIO(b"".join((playlist.folder / name).read_bytes() for name in names))) as film:
        converter = DisplayConverter(film.streams.video[0])
        return [converter.convert(converter.note(frame)) for frame in film.decode(video=0)]


@pytest.mark.parametrize("turned_first", [False, True])
def test_a_turn_that_the_codec_states_midway_starts_a_run(tmp_path: Path, turned_first: bool) -> None:
    images = [road(number) for number in range(12)]
    upright = write_pictures(tmp_path / "upright.ts", images)
    turned = write_pictures(
        tmp_path / "turned.ts", [TURNS[UPSIDE_DOWN](image) for image in images], bitstream_filter=TURN
    )
    runs = live_runs(tmp_path / "hls", *((turned, upright) if turned_first else (upright, turned)))
    assert [len(run) for run in runs] == [12, 12]
    assert all(difference(frame, image) < 6 for run in runs for frame, image in zip(run, images, strict=True))


def test_another_sample_description_of_an_mp4_starts_a_run(tmp_path: Path) -> None:
    small, large = [road(number) for number in range(12)], [road(number, (640, 360)) for number in range(12)]
    parts = write_pictures(tmp_path / "small.mp4", small), write_pictures(tmp_path / "large.mp4", large)
    (tmp_path / "joined.mp4").write_bytes(joined(*(path.read_bytes() for path in parts)))
    runs = live_runs(tmp_path / "hls", tmp_path / "joined.mp4")
    for run, images in zip(runs, (small, large), strict=True):
        assert all(difference(frame, image) < 6 for frame, image in zip(run, images, strict=True))
