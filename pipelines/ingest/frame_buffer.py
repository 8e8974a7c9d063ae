"""Hand-over between a camera's decoder and its analysis: one slot for the latest frame, and the requested rate."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A displayed frame (`pipelines.ingest.displayed_frame`) with the time of its capture.

    at: Unix seconds; in a recording, seconds from its start. passed_over: frames of the same camera since the previous
    frame that were not delivered. missed: those of them that were due but not decoded for lack of time. arrived: when
    the last of the frame's data arrived (s, `time.monotonic`); None where the frame was read from a recording.
    doubt_s: as for `analytics.camera_analyzer.CameraAnalyzer.observe`.
    """

    at: float
    video_frame: VideoFrame
    passed_over: int = 0
    missed: int = 0
    arrived: float | None = None
    doubt_s: float | None = None

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.video_frame.width, self.video_frame.height


@dataclass(frozen=True, slots=True)
class DroppedFrames:
    """Numbers of frames that arrived and were not analysed.

    superseded: a newer frame arrived before the next was due. no_capacity: the frame was due, but the machine had no
    time for it.
    """

    superseded: int = 0
    no_capacity: int = 0


class LatestFrameSlot:
    """Holds one camera's latest frame, and the rate at which its analysis requests frames. Thread-safe.

    A new frame replaces one that was not popped. That frame counts as dropped, as do the frames passed over before it.

    on_put: called after each `put`, in the thread of the caller. requested_fps: frames a second at first; 0 for none.
    """

    def __init__(self, on_put: Callable[[], None] = lambda: None, *, requested_fps: float = 0.0) -> None:
        self._lock = Lock()
        self._frame: TimedFrame | None = None
        self._superseded = self._no_capacity = self._missed = 0
        self._requested_fps = requested_fps
        self._on_put = on_put

    def put(self, frame: TimedFrame) -> None:
        """Store the frame in place of an older one."""
        with self._lock:
            self._superseded += frame.passed_over - frame.missed
            missed = frame.missed + (self._frame is not None)
            self._no_capacity += missed
            self._missed += missed
            self._frame = frame
        self._on_put()

    def pop(self) -> TimedFrame | None:
        """Return the latest frame once; None where there is none."""
        with self._lock:
            frame, self._frame = self._frame, None
        return frame

    def __bool__(self) -> bool:
        """Return whether a frame is stored."""
        return self._frame is not None

    def request(self, fps: float) -> None:
        """Set the rate at which frames are requested from now on."""
        with self._lock:
            self._requested_fps = fps

    def requested_fps(self) -> float:
        """Return the frames a second that are requested at present; 0 for none."""
        with self._lock:
            return self._requested_fps

    def pop_missed(self) -> int:
        """Return the number of frames that were due, but for which there was no time, since the previous call."""
        with self._lock:
            missed, self._missed = self._missed, 0
        return missed

    def pop_dropped(self) -> DroppedFrames:
        """Return the numbers since the previous call."""
        with self._lock:
            dropped = DroppedFrames(self._superseded, self._no_capacity)
            self._superseded = self._no_capacity = 0
        return dropped
