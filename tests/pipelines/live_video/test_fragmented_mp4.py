"""Header and fragments of MP4 in memory, from encoded video and from arbitrary bytes."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path
from threading import Event as Flag

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.displayed_frame import DisplayConverter
from pipelines.ingest.source import CodedPicture, Source
from pipelines.live_video.fragmented_mp4 import FragmentedMp4, InvalidBox, copy_packet, split_header
from tests.support.odd_pictures import TURNS, difference, matrix_of, road, stretched, write_pictures
from tests.support.servers import CLIP_FPS, write_clip


def box(kind: bytes, content: bytes, *, large: bool = False) -> bytes:
    if large:
        return (1).to_bytes(4, "big") + kind + (16 + len(content)).to_bytes(8, "big") + content
    return (8 + len(content)).to_bytes(4, "big") + kind + content


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_header_and_fragments_hold_every_frame(tmp_path: Path, codec: str) -> None:
    clip = write_clip(tmp_path / "road.ts", seconds=3, codec=codec)
    fragments: list[bytes] = []
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        muxer = FragmentedMp4(stream, CodedPicture((stream.width, stream.height)), fragment_s=2)
        for packet in container.demux(stream):
            if packet.size:
                muxer.mux(copy_packet(packet) if packet.pts is None else timed_copy(packet))
                fragments.append(muxer.pop_fragments())
        muxer.close()
        fragments.append(muxer.pop_fragments())
    assert sum(1 for fragment in fragments if fragment) == 3, "one fragment per keyframe"
    assert muxer.header[4:8] == b"ftyp"
    with av.open(BytesIO(muxer.header + b"".join(fragments))) as film:
        assert sum(1 for _ in film.decode(video=0)) == 3 * CLIP_FPS


def timed_copy(packet: av.Packet) -> av.Packet:
    copy = copy_packet(packet)
    copy.pts, copy.dts = packet.pts, packet.dts
    return copy


def test_a_copied_packet_shares_no_times_with_the_original(tmp_path: Path) -> None:
    with av.open(str(write_clip(tmp_path / "road.ts", seconds=1))) as container:
        packet = next(packet for packet in container.demux(video=0) if packet.size)
        copy = copy_packet(packet)
        before = packet.pts
        copy.pts = 12345
        assert packet.pts == before
        assert bytes(copy) == bytes(packet)
        assert copy.is_keyframe
        assert copy.time_base == packet.time_base


def test_a_muxer_without_packets_has_neither_header_nor_fragments(tmp_path: Path) -> None:
    with av.open(str(write_clip(tmp_path / "road.ts", seconds=1))) as container:
        muxer = FragmentedMp4(container.streams.video[0], CodedPicture((320, 240)), fragment_s=2)
        muxer.close()
    assert muxer.pop_fragments() == muxer.header == b""


@given(data=st.binary(max_size=64))
def test_arbitrary_bytes_are_split_or_refused(data: bytes) -> None:
    try:
        header, rest = split_header(data)
    except InvalidBox:
        return
    assert header + rest == data
    assert not header or header[4:8] in (b"ftyp", b"moov")


@given(
    headers=st.lists(st.tuples(st.sampled_from([b"ftyp", b"moov"]), st.binary(max_size=40), st.booleans()), max_size=4),
    media=st.lists(st.tuples(st.sampled_from([b"styp", b"moof", b"mdat"]), st.binary(max_size=40)), max_size=4),
)
def test_the_header_is_all_boxes_before_the_first_of_another_type(
    headers: list[tuple[bytes, bytes, bool]], media: list[tuple[bytes, bytes]]
) -> None:
    first = b"".join(box(kind, content, large=large) for kind, content, large in headers)
    rest = b"".join(box(kind, content) for kind, content in media)
    assert split_header(first + rest) == (first, rest)


@given(content=st.binary(min_size=1, max_size=40), missing=st.integers(1, 40))
def test_an_incomplete_header_is_refused(content: bytes, missing: int) -> None:
    with pytest.raises(InvalidBox):
        split_header(box(b"moov", content)[: -min(missing, len(content))])


def remuxed(path: Path) -> av.VideoFrame:
    """Return the first frame of the fragments, as a player displays it."""
    with Source(str(path), stop=Flag()) as source:
        packet = next(source.packets())
        muxer = FragmentedMp4(source.stream, source.coded_picture(packet), fragment_s=2)
        muxer.mux(timed_copy(packet))
        muxer.close()
        fragments = muxer.pop_fragments()
    with av.open(BytesIO(muxer.header + fragments)) as film:
        converter = DisplayConverter(film.streams.video[0])
        return converter.convert(converter.note(next(film.decode(video=0))))


@pytest.mark.parametrize("signs", TURNS)
def test_live_video_states_the_turn_of_its_source(tmp_path: Path, signs: tuple[int, int, int, int]) -> None:
    path = write_pictures(tmp_path / "turned.mp4", [TURNS[signs](road(0))], matrix=matrix_of(signs))
    assert difference(remuxed(path), road(0)) < 6


def test_live_video_states_the_turn_that_only_the_codec_states(tmp_path: Path) -> None:
    turn = "h264_metadata=display_orientation=insert:rotate=270"
    path = write_pictures(tmp_path / "turned.ts", [TURNS[0, 1, -1, 0](road(0))], bitstream_filter=turn)
    assert difference(remuxed(path), road(0)) < 6


def test_live_video_states_the_pixels_of_its_source(tmp_path: Path) -> None:
    shown = road(0, (192, 144))
    path = write_pictures(tmp_path / "d1.ts", [stretched(shown, (176, 144))], pixel_aspect=Fraction(12, 11))
    assert difference(remuxed(path), shown) < 6


def test_live_video_has_the_size_without_the_columns_that_the_codec_crops(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "cropped.ts", [road(0, (336, 192))], options={"x264-params": "crop-rect=10,4,6,8"})
    with Source(str(path), stop=Flag()) as source:
        assert source.coded_picture(next(source.packets())).size == (320, 180)
