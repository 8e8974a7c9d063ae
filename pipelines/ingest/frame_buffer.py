"""Between a camera and its analysis: room for one frame, the newest."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A decoded picture and when it was taken (Unix seconds).

    passed_over: pictures of the same camera that came since the frame before and were not shown. missed: how many of
    these were wanted, but nobody had time to decode them. arrived: when the last of the picture's data came
    (`time.monotonic` seconds), None where it was read from a recording.
    """

    at: float
    picture: VideoFrame
    passed_over: int = 0
    missed: int = 0
    arrived: float | None = None

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.picture.width, self.picture.height


@dataclass(frozen=True, slots=True)
class DroppedFrames:
    """Frames that came and were never taken.

    superseded: newer ones came before the next was wanted. no_capacity: wanted, but nobody had time for them.
    """

    superseded: int = 0
    no_capacity: int = 0


class LatestFrameSlot:
    """A new frame replaces the one that nobody took, which is counted as dropped, as are those it passed over.

    Only such frames are brought as somebody wanted.

    on_put: called after each frame came in, in the thread that brought it.
    """

    def __init__(self, on_put: Callable[[], None] = lambda: None) -> None:
        self._lock = Lock()
        self._frame: TimedFrame | None = None
        self._superseded = self._no_capacity = 0
        self._on_put = on_put

    def put(self, frame: TimedFrame) -> None:
        with self._lock:
            self._superseded += frame.passed_over - frame.missed
            self._no_capacity += frame.missed + (self._frame is not None)
            self._frame = frame
        self._on_put()

    def pop(self) -> TimedFrame | None:
        """The newest frame, once; None where there is none."""
        with self._lock:
            frame, self._frame = self._frame, None
        return frame

    def __bool__(self) -> bool:
        return self._frame is not None

    def pop_dropped(self) -> DroppedFrames:
        """Since the last call."""
        with self._lock:
            dropped = DroppedFrames(self._superseded, self._no_capacity)
            self._superseded = self._no_capacity = 0
        return dropped
