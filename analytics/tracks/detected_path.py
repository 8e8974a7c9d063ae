"""Path of a road user over the track that it has now, and the one that it had before.

Lists of numbers, not arrays: most questions concern three to eight detections, for which an array costs more than the
arithmetic (docs/adr/0160-cost-of-tracks-and-facts.md).
"""

from dataclasses import dataclass

from analytics.facts import Pixel
from analytics.tracks.trajectories import Box, Trajectory


@dataclass(frozen=True, slots=True)
class DetectedPath:
    """Detections of one road user, oldest first: times in seconds, ground points and boxes in pixels."""

    times: list[float]
    pixels: list[Pixel]
    boxes: list[Box]

    @classmethod
    def of(cls, *tracks: Trajectory) -> "DetectedPath":
        """Join the stored detections of tracks that follow each other in time."""
        return cls(
            [t for track in tracks for t in track.times],
            [pixel for track in tracks for pixel in track.pixels],
            [box for track in tracks for box in track.boxes],
        )


def latest_detections(*tracks: Trajectory, min_count: int, seconds: float) -> tuple[list[float], list[Pixel]]:
    """Return times and ground points of the latest detections, oldest first, of tracks that follow each other.

    Those of the last `seconds` before the last detection, and at least `min_count` where there are as many.
    """
    oldest = tracks[-1].last_seen - seconds
    times: list[float] = []
    pixels: list[Pixel] = []
    for track in reversed(tracks):
        for t, pixel in zip(reversed(track.times), reversed(track.pixels), strict=True):
            if t < oldest and len(times) >= min_count:
                break
            times.append(t)
            pixels.append(pixel)
    return times[::-1], pixels[::-1]
