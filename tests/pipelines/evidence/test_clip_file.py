"""Clips: the camera's NAL units in a file that plays, with its hashes, and nothing encoded again."""

import hashlib
import re
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Event as Flag

import av
import pytest

from pipelines.evidence import clip_file as clip_module
from pipelines.evidence.clip_file import ClipDiffers, ClipFormat, ClipPacket, clip_file, nal_units
from pipelines.evidence.export_boxes import Export
from pipelines.evidence.gaps import gaps_of
from pipelines.evidence.packet_ring import PacketRing, _Run
from pipelines.ingest.source import Source
from tests.support.servers import CLIP_FPS, write_clip

EXPORT = Export("simpang-1", "Jl. Sudirman", "worker-1", "simpang", 1.7e9, (1.1304, 104.053))


def stream(path: Path, codec: str, *, start_codes: bool, reordered: bool = False) -> Path:
    """A clip, with start codes as cameras send them (MPEG-TS), or with lengths (MP4)."""
    return write_clip(
        path / ("clip.ts" if start_codes else "clip.mp4"), seconds=3, codec=codec, reordered=reordered, size=(160, 120)
    )


def read(path: Path) -> tuple[ClipFormat, list[ClipPacket]]:
    with Source(str(path), stop=Flag()) as source, av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        coded = source.coded_picture(packets[0])
        assert coded is not None
        clip_format = ClipFormat(source, coded)
    tick = float(clip_format.time_base)
    return clip_format, [
        ClipPacket(bytes(packet), packet.dts, packet.pts, packet.is_keyframe, 1.7e9 + packet.pts * tick)
        for packet in packets
    ]


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("start_codes", [True, False], ids=["start codes", "lengths"])
def test_the_file_contains_what_the_camera_sent_and_plays_alone(tmp_path: Path, codec: str, start_codes: bool) -> None:
    """The stream is closed before, as after the end of a connection."""
    clip_format, packets = read(stream(tmp_path, codec, start_codes=start_codes, reordered=True))
    content, described = clip_file(clip_format, packets, EXPORT)
    with av.open(BytesIO(content)) as container:
        muxed = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    if start_codes:  # the units between start codes, by another way than that of the code
        sent = [re.split(rb"\x00\x00\x00?\x01", packet.data)[1:] for packet in packets]
        assert [list(_units_by_length(data)) for data in muxed] == sent
    else:
        assert muxed == [packet.data for packet in packets]
    with av.open(BytesIO(content)) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    assert (len(shown), shown) == (3 * CLIP_FPS, sorted(shown))
    assert sum(gop["frames"] for gop in described["gops"]) == 3 * CLIP_FPS and len(described["gops"]) == 3
    for gop in described["gops"]:
        part = content[gop["first_byte"] : gop["first_byte"] + gop["bytes"]]
        assert hashlib.sha256(part).hexdigest() == gop["sha256"]
    assert described["start_at"].startswith("2023-11-14T22:13:2") and described["codec"] in ("h264", "hevc")


def test_the_file_states_camera_operator_true_start_and_place(tmp_path: Path) -> None:
    clip_format, packets = read(stream(tmp_path, "libx264", start_codes=True))
    content, _ = clip_file(clip_format, packets, EXPORT)
    boxes = dict(_boxes(content))
    assert list(boxes)[-1] == b"meta" and {b"ftyp", b"moov", b"mdat"} <= set(boxes)
    inner = dict(_boxes(boxes[b"meta"][4:]))
    assert inner[b"suep"][:4] == b"\x01\0\0\0"
    assert inner[b"suep"].count(b"Jl. Sudirman\0") == inner[b"suep"].count(b"worker-1\0") == 1
    count, track, ticks = struct.unpack(">IIQ", inner[b"cstb"])
    assert (count, track) == (1, 1)
    assert ticks / 1e7 - 11_644_473_600 == pytest.approx(packets[0].at, abs=1e-5)  # from 1601 to 1970
    loci = dict(_boxes(inner[b"udta"]))[b"loci"]
    assert struct.unpack(">ii", loci[8:16]) == (round(104.053 * 65536), round(1.1304 * 65536))


def _units_by_length(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        assert size >= 8
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def test_a_file_that_differs_from_the_camera_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip_format, packets = read(stream(tmp_path, "libx264", start_codes=True))
    muxed = iter(range(len(packets)))
    right = clip_module.sample
    # Damaged while it is muxed, right where it is compared.
    monkeypatch.setattr(
        clip_module, "sample", lambda form, data: right(form, data)[: -1 if next(muxed, None) is not None else None]
    )
    with pytest.raises(ClipDiffers):
        clip_file(clip_format, packets, EXPORT)


@pytest.mark.parametrize(
    ("data", "units"),
    [
        (b"", []),
        (b"\0\0\1", []),
        (b"\0\0\1\x65", [b"\x65"]),
        (b"\0\0\0\1\x65\0\0\1\x41\0\0\3\1", [b"\x65", b"\x41\0\0\3\1"]),
        (b"\x65\0\0\1\x41", [b"\x41"]),
    ],
)
def test_units_are_cut_at_start_codes(data: bytes, units: list[bytes]) -> None:
    assert list(nal_units(data)) == units


class Road:
    """A ring, and connections that deliver clips in their own time."""

    def __init__(self, before_s: float, **limits: int) -> None:
        self.at = 1.7e9
        self.ring = PacketRing(before_s, now=lambda: self.at, **limits)

    def fill(self, path: Path, *, begin: float = 1.7e9) -> PacketRing:
        """Deliver a clip, from `begin` on."""
        with (
            Source(str(path), stop=Flag()) as source,
            av.open(str(path)) as container,
            self.ring.open(source) as writer,
        ):
            packets = [packet for packet in container.demux(video=0) if packet.size]
            for packet in packets:
                self.at = begin + float((packet.dts - packets[0].dts) * packet.time_base)
                writer.put(packet)
        return self.ring


def test_a_ring_keeps_the_wanted_seconds_from_a_keyframe_on(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.ts", seconds=8, size=(160, 120))
    ring = Road(2).fill(path)
    end = ring.newest_at
    cut = ring.cut(end - 100, end, end)
    assert cut is not None and cut.packets[0].is_keyframe
    assert 2 <= end - cut.packets[0].at < 3.1
    assert [packet.dts for packet in cut.packets] == sorted({packet.dts for packet in cut.packets})
    part = ring.cut(end - 1.5, end - 0.5, end - 1)
    assert part is not None
    assert part.packets[0].is_keyframe and part.packets[0].at <= end - 1.5 and part.packets[-1].at <= end - 0.5


def test_a_reserved_period_is_kept_within_the_limit_of_memory(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.ts", seconds=8, size=(160, 120))
    whole, small = Road(1), Road(1, max_bytes=path.stat().st_size // 3)
    for road in (whole, small):
        road.ring.reserve(1.7e9 + 0.5)
        road.fill(path)
    kept = whole.ring.cut(1.7e9 + 0.5, 1.7e9 + 8, 1.7e9 + 1)
    assert kept is not None and len(kept.packets) == 8 * CLIP_FPS
    bounded = small.ring.cut(1.7e9 + 0.5, 1.7e9 + 8, 1.7e9 + 7.5)
    assert bounded is not None and bounded.packets[0].is_keyframe
    assert sum(len(packet.data) for packet in bounded.packets) <= path.stat().st_size // 3
    gap = gaps_of(1.7e9 + 0.5, 1.7e9 + 8, bounded.packets)[0]
    assert gap["from_at"] == "2023-11-14T22:13:20.500Z" and "no earlier packets" in gap["cause"]


def test_a_clip_is_of_the_connection_of_its_moment(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.ts", seconds=3, size=(160, 120))
    other = write_clip(tmp_path / "other.ts", seconds=3, size=(320, 240))
    road = Road(30)
    road.fill(path)
    ring = road.fill(other, begin=1.7e9 + 10)
    for moment, size in ((1.7e9 + 1, (160, 120)), (1.7e9 + 11, (320, 240))):
        cut = ring.cut(1.7e9, 1.7e9 + 20, moment)
        assert cut is not None and cut.format.coded.size == size
        content, _ = clip_file(cut.format, cut.packets, EXPORT)
        with av.open(BytesIO(content)) as container:
            assert len(list(container.decode(video=0))) == 3 * CLIP_FPS
    assert ring.cut(1.7e9 - 30, 1.7e9 - 10, 1.7e9 - 20) is None
    assert ring.cut(1.7e9 + 50, 1.7e9 + 70, 1.7e9 + 60) is None, "the connection ended long before"
    assert ring.cut(1.7e9 + 5, 1.7e9 + 8, 1.7e9 + 6) is None, "between two connections"
    later = ring.cut(1.7e9 + 5, 1.7e9 + 12, 1.7e9 + 6)
    assert later is not None and later.format.coded.size == (320, 240)
    assert ring.cut(ring.newest_at + 0.04, ring.newest_at + 0.04, ring.newest_at + 0.04) is not None


def test_a_connection_that_pauses_gives_no_frames_of_before(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.ts", seconds=2, size=(160, 120))
    ring = PacketRing(100)
    run = _Run(read(path)[0])
    for at in (0.0, 1.0, 100.0):
        ring._add(run, ClipPacket(b"x", 0, 0, True, at))
    assert ring.cut(40, 60, 50) is None
    around = ring.cut(0.5, 60, 50)
    assert around is not None and [packet.at for packet in around.packets] == [0.0, 1.0]


def test_gaps_are_where_no_frame_is() -> None:
    packets = [ClipPacket(b"", number, number, number == 0, at) for number, at in enumerate((3.0, 3.5, 6.0, 6.5))]
    causes = [(gap["from_at"][17:21], gap["to_at"][17:21]) for gap in gaps_of(0, 10, packets)]
    assert causes == [("00.0", "03.0"), ("03.5", "06.0"), ("06.5", "10.0")]
    assert gaps_of(3, 3.9, packets[:2]) == ()


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_parameter_sets_in_packets_of_their_own_stand_before_their_frame(tmp_path: Path, codec: str) -> None:
    path = write_clip(tmp_path / "clip.ts", seconds=2, codec=codec, size=(160, 120))
    ring = PacketRing(30, now=lambda: 1.7e9)
    sent = b""
    with Source(str(path), stop=Flag()) as source, av.open(str(path)) as container, ring.open(source) as writer:
        for packet in container.demux(video=0):
            parts = [bytes(packet)]
            if packet.is_keyframe:
                pattern = rb"\x00\x00\x01[\x65\x25\x45]" if codec == "libx264" else rb"\x00\x00\x01[\x20-\x2b]"
                at = re.search(pattern, bytes(packet)).start()  # of the first slice
                parts = [bytes(packet)[:at], bytes(packet)[at:]]
            for part in parts if packet.size else []:
                split = av.Packet(part)
                split.stream, split.time_base, split.is_keyframe = packet.stream, packet.time_base, packet.is_keyframe
                split.dts, split.pts = packet.dts, packet.pts
                writer.put(split)
                sent += part
    cut = ring.cut(1.6e9, 1.8e9, 1.7e9)
    assert cut is not None and b"".join(packet.data for packet in cut.packets) == sent
    content, described = clip_file(cut.format, cut.packets, EXPORT)
    with av.open(BytesIO(content)) as played:
        assert len(list(played.decode(video=0))) == described["frames"] == 2 * CLIP_FPS
