"""Detection in batches: whatever waits when the device is free goes onto it together, and nothing waits to fill one.

With few cameras a batch is a single picture and costs no delay; the more cameras wait, the larger batches grow, and the
less each picture costs. So throughput rises with the load, up to the largest batch the network takes.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Lock, Thread
from typing import Generic, TypeVar

from analytics.detections import Detections

Picture = TypeVar("Picture")


class BatchedDetection(Generic[Picture]):
    """Runs `detect` in one thread on up to `largest` pictures at once; `submit` blocks while `room` are under way.

    Results come in the order of submission. A batch that fails is done again one by one, so that a picture which
    cannot be worked on harms no other camera's.
    """

    def __init__(self, detect: Callable[[Sequence[Picture]], Sequence[Detections]], *, largest: int, room: int) -> None:
        self._detect = detect
        self._largest = largest
        self._room = BoundedSemaphore(room)
        self._waiting: SimpleQueue[tuple[Picture, Future[Detections]] | None] = SimpleQueue()
        self._closing = Lock()
        self._closed = False
        self._thread = Thread(target=self._run, name="detect", daemon=True)
        self._thread.start()

    def submit(self, picture: Picture) -> Future[Detections]:
        """Raises RuntimeError after `close`."""
        self._room.acquire()
        future: Future[Detections] = Future()
        future.set_running_or_notify_cancel()
        with self._closing:
            if self._closed:
                self._room.release()
                raise RuntimeError("this detector is closed")
            self._waiting.put((picture, future))
        future.add_done_callback(lambda _: self._room.release())
        return future

    def close(self) -> None:
        """Waits for what is under way. Idempotent."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._take()
            if batch:
                self._answer(batch)

    def _take(self) -> tuple[list[tuple[Picture, Future[Detections]]], bool]:
        """What waits now, at least one picture; False once nothing comes after it."""
        batch: list[tuple[Picture, Future[Detections]]] = []
        entry = self._waiting.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) == self._largest:
                return batch, True
            try:
                entry = self._waiting.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _answer(self, batch: list[tuple[Picture, Future[Detections]]]) -> None:
        try:
            found = self._detect([picture for picture, _ in batch])
        except Exception as error:  # whoever asked is told, and decides
            if len(batch) == 1:
                batch[0][1].set_exception(error)
            else:
                for entry in batch:
                    self._answer([entry])
            return
        for (_, future), detections in zip(batch, found, strict=True):
            future.set_result(detections)
