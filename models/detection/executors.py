"""Threads in which detectors run: one image at a time, or dynamic batches.

A dynamic batch holds the images that are queued when the device becomes idle; it never waits to be filled. With few
cameras a batch is one image and adds no delay. Under load batches grow, up to the largest one that the network accepts,
and the cost per image falls.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Lock, Thread
from typing import Generic, TypeVar

from analytics.detections import Detections
from models.detection.detector import RgbImage

Image = TypeVar("Image")

MAX_BATCH = 16
"""Largest batch on a GPU, images; TensorRT engines are built for it [assumption]."""


class BoundedExecutor:
    """Thread pool that runs `detect` on single images; `submit` blocks while `max_in_flight` images are in progress."""

    def __init__(self, detect: Callable[[RgbImage], Detections], *, threads: int, max_in_flight: int) -> None:
        self._detect = detect
        self._slots = BoundedSemaphore(max_in_flight)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="detect")

    def submit(self, image: RgbImage) -> Future[Detections]:
        """Queue one image. Raises RuntimeError after `close`."""
        self._slots.acquire()
        try:
            future = self._threads.submit(self._detect, image)
        except RuntimeError:
            self._slots.release()
            raise
        future.add_done_callback(lambda _: self._slots.release())
        return future

    def close(self) -> None:
        """Wait for the images in progress and stop the threads. Idempotent."""
        self._threads.shutdown(wait=True)


class DynamicBatcher(Generic[Image]):
    """Thread that runs `detect` on up to `max_batch` queued images; `submit` blocks at `max_in_flight` images.

    Results arrive in the order of submission. A failed batch is repeated image by image, so that one bad image does not
    fail the images of other cameras.
    """

    def __init__(
        self, detect: Callable[[Sequence[Image]], Sequence[Detections]], *, max_batch: int, max_in_flight: int
    ) -> None:
        self._detect = detect
        self._max_batch = max_batch
        self._slots = BoundedSemaphore(max_in_flight)
        self._queue: SimpleQueue[tuple[Image, Future[Detections]] | None] = SimpleQueue()
        self._closing = Lock()
        self._closed = False
        self._thread = Thread(target=self._run, name="detect", daemon=True)
        self._thread.start()

    def submit(self, image: Image) -> Future[Detections]:
        """Queue one image. Raises RuntimeError after `close`."""
        self._slots.acquire()
        future: Future[Detections] = Future()
        future.set_running_or_notify_cancel()
        with self._closing:
            if self._closed:
                self._slots.release()
                raise RuntimeError("this detector is closed")
            self._queue.put((image, future))
        future.add_done_callback(lambda _: self._slots.release())
        return future

    def close(self) -> None:
        """Wait for the images in progress and stop the thread. Idempotent."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._next_batch()
            if batch:
                self._resolve(batch)

    def _next_batch(self) -> tuple[list[tuple[Image, Future[Detections]]], bool]:
        """All queued images, at least one, and False once the queue is closed."""
        batch: list[tuple[Image, Future[Detections]]] = []
        entry = self._queue.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) == self._max_batch:
                return batch, True
            try:
                entry = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _resolve(self, batch: list[tuple[Image, Future[Detections]]]) -> None:
        try:
            results = self._detect([image for image, _ in batch])
        except Exception as error:  # goes to the caller, in the future
            if len(batch) == 1:
                batch[0][1].set_exception(error)
            else:
                for entry in batch:
                    self._resolve([entry])
            return
        for (_, future), detections in zip(batch, results, strict=True):
            future.set_result(detections)
