"""Between a camera and its analysis: room for one frame, the newest."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A decoded picture and when it was taken (Unix seconds).

    passed_over: pictures of the same camera that came since the frame before and were not shown.
    """

    at: float
    picture: VideoFrame
    passed_over: int = 0

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.picture.width, self.picture.height


class NewestFrame:
    """A new frame replaces the one that nobody took, which is counted as dropped, as are those it passed over.

    on_put: called after each frame came in, in the thread that brought it.
    """

    def __init__(self, on_put: Callable[[], None] = lambda: None) -> None:
        self._lock = Lock()
        self._frame: TimedFrame | None = None
        self._dropped = 0
        self._on_put = on_put

    def put(self, frame: TimedFrame) -> None:
        with self._lock:
            self._dropped += frame.passed_over + (self._frame is not None)
            self._frame = frame
        self._on_put()

    def take(self) -> TimedFrame | None:
        """The newest frame, once; None where there is none."""
        with self._lock:
            frame, self._frame = self._frame, None
        return frame

    def __bool__(self) -> bool:
        return self._frame is not None

    def take_dropped(self) -> int:
        """Frames dropped since the last call."""
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        return dropped
