"""Live video for browsers: a camera's own packets as HLS segments of fragmented MP4, without transcoding (RFC 8216)."""

import time
from collections.abc import Callable
from fractions import Fraction
from types import TracebackType
from typing import Self

import structlog
from av.bitstream import BitStreamFilterContext

from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.nal import HeaderUnits, header_units
from pipelines.ingest.source import CodedPicture, Source, UnsupportedStream, VideoPacket
from pipelines.live_video.fragmented_mp4 import CODEC_TAGS, FragmentedMp4, copy_packet
from pipelines.live_video.hls_playlist import InitSection, LivePlaylist
from pipelines.live_video.still_writer import CODEC as STILLS_CODEC
from pipelines.live_video.still_writer import StillWriter
from pipelines.live_video.storage_report import OnStored, StorageReport

log = structlog.get_logger()

UNPLAYABLE_CODECS = ("hevc",)
"""Codecs, by FFmpeg's names, that many browsers cannot play. [assumption]"""

MAX_CLOCK_DRIFT_S = 5.0
"""Largest difference (s) between the times in the playlist and the clock, before a new run corrects it. [assumption]"""

MAX_GAP_S = 2.0
"""Largest step (s) between two timestamps that counts as a pause; a larger one is a jump of the clock. [assumption]"""

MAX_SEGMENT_WAIT_S = 60.0
"""Longest time (s) without a new segment; afterwards the playlist is not live. Keyframes of some cameras are 20 to 50 s
apart. [assumption]"""

MAX_INDEPENDENT_S = 4.0
"""Longest time (s) for which a segment waits for its keyframe; then it ends without one. [docs/adr/0132]"""

ARRIVAL_TOLERANCE = 1.5
"""Largest step of the timestamps, in steps of the arrival, of a camera that sends a frame every few seconds.
[assumption]"""

USUAL_STEP_S = Fraction(1, 25)
"""Step (s) that replaces a jump: one frame at 25 frames a second. [assumption]"""


class TimestampUnwrapper:
    """Continuous timestamps from 0, whatever the camera's timestamps do: a jump becomes the length of one frame.

    A step as long as the time between two arrivals is no jump. now: seconds of a clock that never goes back.
    """

    def __init__(self, time_base: Fraction, now: Callable[[], float] = time.monotonic) -> None:
        self._tick_s = float(time_base)
        self._now = now
        self._arrived_s = now()
        self._usual_step = max(1, round(USUAL_STEP_S / time_base))
        self._offset: int | None = None
        self._last = -1

    def unwrap(self, dts: int) -> int:
        """Return the continuous timestamp for `dts`, larger than all before. Both in units of the time base."""
        if self._offset is None:
            self._offset = -dts
        before, self._arrived_s = self._arrived_s, self._now()
        max_gap_s = max(MAX_GAP_S, ARRIVAL_TOLERANCE * (self._arrived_s - before))
        step = dts + self._offset - self._last
        if self._last >= 0 and not 0 < step <= max_gap_s / self._tick_s:
            self._offset = self._last + self._usual_step - dts
        self._last = dts + self._offset
        return self._last


def playability(codec: str) -> CameraCondition | None:
    """Return the condition of live video with a codec that browsers may not play; None for any other."""
    if codec == STILLS_CODEC:
        return CameraCondition.of(Condition.STILLS_ONLY, codec=codec)
    return CameraCondition.of(Condition.UNPLAYABLE_CODEC, codec=codec) if codec in UNPLAYABLE_CODECS else None


def open_live_video(
    playlist: LivePlaylist, source: Source, *, segment_s: float, on_stored: OnStored
) -> "HlsWriter | StillWriter":
    """Return the writer of what viewers get of a source: segments, or still pictures of a camera that sends JPEG.

    segment_s, on_stored: as for `HlsWriter`. Raises UnsupportedStream.
    """
    if source.codec == STILLS_CODEC:
        return StillWriter(playlist, source, on_stored=on_stored)
    return HlsWriter(playlist, source, segment_s=segment_s, on_stored=on_stored)


class HlsWriter:
    """Segments of one connection, added to a playlist. Use as a context manager, inside that of its source.

    segment_s: length of a segment; it ends at the first keyframe afterwards. Where keyframes are rare, segments end
    without one. on_stored: called with the condition that keeps segments from being stored, and with None after it.
    Raises UnsupportedStream for anything but H.264 and H.265.
    """

    def __init__(
        self,
        playlist: LivePlaylist,
        source: Source,
        *,
        segment_s: float,
        on_stored: OnStored = lambda condition: None,
    ) -> None:
        if source.codec not in CODEC_TAGS:
            raise UnsupportedStream(
                CameraCondition.of(Condition.UNSUPPORTED_CODEC, address=source.address, codec=source.codec)
            )
        self._playlist = playlist
        self._source = source
        self._segment_s = segment_s
        self._storage = StorageReport(source.address, on_stored)
        self._run: _Run | None = None
        self._segments, self._added_at = playlist.next_sequence, time.monotonic()
        self._extradata = b""
        self._stated: HeaderUnits | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end_run()

    def put(self, packet: VideoPacket) -> None:
        """Add the next packet, which is not changed. Packets before the first keyframe are dropped.

        Live video resumes at the next keyframe after an error of the muxer or the disk. No error is raised, since the
        analysis depends on the same connection.
        """
        try:
            if packet.is_keyframe:
                self._start_run_if_due(packet)
            if self._run is not None:
                self._run.write(packet)
            self._check_progress()
        except Exception as error:
            self._storage.failed(error)
            self._end_run()

    def _check_progress(self) -> None:
        """Report that segments are stored again, and clear a playlist that is no longer live."""
        now, segments = time.monotonic(), self._playlist.next_sequence
        if segments == self._segments and now - self._added_at <= MAX_SEGMENT_WAIT_S:
            return
        is_stale = segments == self._segments
        self._segments, self._added_at = segments, now
        if is_stale:
            self._playlist.clear()
        else:
            self._storage.stored()

    def _start_run_if_due(self, keyframe: VideoPacket) -> None:
        coded = self._changed_picture(keyframe)
        if self._run is not None and (coded is not None or abs(self._run.drift_s()) > MAX_CLOCK_DRIFT_S):
            self._end_run()
        if self._run is None:
            coded = coded or self._source.coded_picture(keyframe)
            if coded is not None and all(coded.size):
                self._run = _Run(self._playlist, self._source, coded, self._extradata, self._segment_s)

    def _changed_picture(self, keyframe: VideoPacket) -> CodedPicture | None:
        """Return how the stream is coded from now on, where that changed; else None."""
        if not self._source.has_start_codes:
            return self._other_sample_description(keyframe)
        stated, before = header_units(self._source.codec, bytes(keyframe)), self._stated
        if before is not None and not stated.sequence:
            stated = before._replace(orientation=stated.orientation)
        self._stated = stated
        if before is None or stated == before:
            return None
        coded = self._source.coded_picture(keyframe)
        if coded is None or (self._run is not None and coded == self._run.coded):
            return None
        self._extradata = stated.parameters
        return coded

    def _other_sample_description(self, keyframe: VideoPacket) -> CodedPicture | None:
        """Return how an MP4 is coded from a keyframe on where it has another sample description; else None."""
        if not keyframe.has_sidedata("new_extradata"):
            return None
        self._extradata = bytes(keyframe.get_sidedata("new_extradata"))
        return self._source.coded_picture(keyframe)

    def _end_run(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        try:
            run.close()
        except Exception as error:  # of the disk, or of the muxer
            log.debug("the last segment was not stored", camera=self._source.address, error=error)


class _Run:
    """Segments with one header and continuous timestamps, from a keyframe on. Raises FFmpegError and OSError.

    Packets wait until a fragment is complete and are muxed together (docs/adr/0164). coded, extradata: as for
    `FragmentedMp4`.
    """

    def __init__(
        self, playlist: LivePlaylist, source: Source, coded: CodedPicture, extradata: bytes, segment_s: float
    ) -> None:
        stream = source.stream
        self._playlist = playlist
        self._time_base = source.time_base
        self._segment_ticks = segment_s / self._time_base
        self._timestamps = TimestampUnwrapper(self._time_base)
        self._reorder = BitStreamFilterContext("dts2pts", stream) if source.decode_ordered else None
        self.coded = coded
        self._muxer = FragmentedMp4(stream, coded, fragment_s=segment_s, extradata=extradata)
        self._init: InitSection | None = None
        self._started_at = time.time()
        self._written = 0
        self._end = 0
        self._segment_start = 0
        self._due: float = self._segment_ticks
        self._starts_with_keyframe = True
        self._keyframe = 0
        self._has_rare_keyframes = False
        self._waiting: list[tuple[VideoPacket, int, int | None]] = []
        self._fragment_start = 0
        self._pending: list[bytes] = []

    def drift_s(self) -> float:
        """Return the seconds by which the clock of the server, which may be set, is ahead of the timestamps."""
        return time.time() - self._started_at - float(self._written * self._time_base)

    def write(self, packet: VideoPacket) -> None:
        """Add a packet, and the segment that it completes."""
        dts, pts = self._placed(packet)
        self._waiting.append((packet, dts, pts))
        if packet.is_keyframe or dts - self._fragment_start >= self._segment_ticks:
            self._mux_waiting()

    def close(self) -> None:
        """Add the rest as the last segment."""
        try:
            self._mux_waiting()
        finally:
            self._close_muxer()

    def _close_muxer(self) -> None:
        self._muxer.close()
        self._pending.append(self._muxer.pop_fragments())
        self._add_segment(self._end)

    def _placed(self, packet: VideoPacket) -> tuple[int, int | None]:
        """Return the continuous `dts` and `pts` of a packet; no `pts` where the order of display is still unknown."""
        dts, pts = packet.dts, packet.pts
        stated = dts if dts is not None else pts
        self._written = self._timestamps.unwrap(0 if stated is None else stated)
        ahead = 0 if pts is None or stated is None else pts - stated
        return self._written, self._written + max(0, ahead) if self._reorder is None else None

    def _mux_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for packet, dts, pts in waiting:
            placed = copy_packet(packet)
            placed.dts, placed.pts = dts, pts
            for ready in [placed] if self._reorder is None else self._reorder.filter(placed):
                self._mux(ready)

    def _mux(self, packet: VideoPacket) -> None:
        assert packet.dts is not None
        start = packet.dts
        if packet.pts is None or packet.pts < start:
            packet.pts = start
        is_keyframe, self._end = packet.is_keyframe, start + (packet.duration or 1)
        self._muxer.mux(packet)
        fragment = self._muxer.pop_fragments()
        if fragment:
            self._fragment_start = start
            self._pending.append(fragment)
            if self._ends_segment(start, is_keyframe=is_keyframe):
                self._add_segment(start)
                self._starts_with_keyframe = is_keyframe
        if is_keyframe:
            self._keyframe = start

    def _ends_segment(self, start: int, *, is_keyframe: bool) -> bool:
        """Return whether a segment ends before the frame at `start`, with which a fragment begins."""
        waited_s = float((start - self._keyframe) * self._time_base)
        if is_keyframe:
            was_rare, self._has_rare_keyframes = self._has_rare_keyframes, waited_s > MAX_INDEPENDENT_S
            return was_rare or start >= self._due
        self._has_rare_keyframes |= waited_s >= MAX_INDEPENDENT_S
        return self._has_rare_keyframes

    def _add_segment(self, end: int) -> None:
        """Add the completed fragments as a segment up to `end`, in units of the time base."""
        media = b"".join(self._pending)
        self._pending.clear()
        if not media:
            return
        if self._init is None:
            self._init = InitSection(self._muxer.header)
        start_at = self._started_at + float(self._segment_start * self._time_base)
        duration_s = float((end - self._segment_start) * self._time_base)
        is_independent = self._starts_with_keyframe
        self._playlist.add(self._init, media, start_at=start_at, duration_s=duration_s, is_independent=is_independent)
        self._segment_start = end
        self._due = max(self._due, end - self._segment_ticks) + self._segment_ticks
