"""Detection in threads, with a bound on what is under way."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore

from analytics.detections import Detections
from models.detection.detector import RgbImage


class BoundedDetection:
    """Runs `detect` in `threads` threads; `submit` blocks while `room` pictures are under way."""

    def __init__(self, detect: Callable[[RgbImage], Detections], *, threads: int, room: int) -> None:
        self._detect = detect
        self._room = BoundedSemaphore(room)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="detect")

    def submit(self, image: RgbImage) -> Future[Detections]:
        """Raises RuntimeError after `close`."""
        self._room.acquire()
        try:
            future = self._threads.submit(self._detect, image)
        except RuntimeError:
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        return future

    def close(self) -> None:
        """Waits for what is under way. Idempotent."""
        self._threads.shutdown(wait=True)
