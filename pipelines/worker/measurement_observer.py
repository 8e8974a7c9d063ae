"""Seam for benches: single measurements of each camera, of which health reports contain only means."""

from typing import Protocol

from pipelines.analysis.loop import FrameMeasurement


class MeasurementObserver(Protocol):
    """Receives each measurement in the thread that made it. Implementations must be thread-safe and fast."""

    def frames_received(self, camera_id: str, frames: int) -> None:
        """Frames of the camera were received."""
        ...

    def frame_analysed(self, camera_id: str, frame: FrameMeasurement) -> None:
        """The events of a frame were emitted."""
        ...


class NoObserver:
    """Observer that ignores all measurements."""

    def frames_received(self, camera_id: str, frames: int) -> None:
        """Do nothing."""

    def frame_analysed(self, camera_id: str, frame: FrameMeasurement) -> None:
        """Do nothing."""
