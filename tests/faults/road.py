"""Road of the fault suite: one vehicle to the right and one to the left every eight seconds, and when each crosses."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

import av
import numpy as np

from tests.support.rtp_frames import CodedClip, read_clip

FPS = 10
"""Frames a second. [assumption: as a cheap sub-stream]"""
LOOP_S = 8.0
"""Length of the clip (s), longer than the memory of the freeze detector. [`models.tampering.config`]"""
WIDTH, HEIGHT = 320, 240
"""Size of the usual picture (px). [test data]"""
VEHICLE = (70, 40)
"""Width and height of the vehicle (px). [test data]"""
FLICKER = 20
"""Side (px) of the flickering lights along the upper edge, by which a live picture differs from a frozen one.
[test data]"""
DRIVE_S = 3.5
"""Time (s) of a vehicle from one edge of the picture to the other. [test data]"""
DRIVES = ((0.2, 1, 90), (4.2, -1, 150))
"""Start (s), sense of travel and upper edge (px) of the two vehicles. [test data]"""
GEOMETRY = {
    "image_size": [WIDTH, HEIGHT],
    "gates": [{"id": "tengah", "p1": [WIDTH // 2, 40], "p2": [WIDTH // 2, HEIGHT - 1]}],
}
"""Geometry of each camera: one gate in the middle. [test data]"""
DIRECTIONS = {1: "B", -1: "A"}
"""Direction of a crossing by the sense of travel. [docs/results.md]"""


@dataclass(frozen=True, slots=True, order=True)
class TrueCrossing:
    """Crossing of a vehicle in front of a camera. at: Unix seconds."""

    at: float
    camera: str
    direction: str


def crossings(camera: str, epoch: float, since: float, until: float) -> list[TrueCrossing]:
    """Return the crossings of a camera whose clip began at `epoch`, from `since` to `until`; all in Unix seconds."""
    found = []
    for start_s, sense, _ in DRIVES:
        for loop in count(int((since - epoch) // LOOP_S)):
            at = epoch + loop * LOOP_S + start_s + DRIVE_S / 2
            if at >= until:
                break
            if at >= since:
                found.append(TrueCrossing(at, camera, DIRECTIONS[sense]))
    return sorted(found)


def road_clip(path: Path, *, scale: int = 1, codec: str = "libx264") -> CodedClip:
    """Write the clip, and return its compressed frames. scale: of the picture's sides."""
    random = np.random.default_rng(7)
    ground = random.integers(40, 80, (HEIGHT, WIDTH), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH * scale, HEIGHT * scale, "yuv420p"
        stream.gop_size = FPS
        stream.options = {"preset": "ultrafast", "bf": "0", "x265-params": "log-level=none", "sc_threshold": "0"}
        for number in range(round(LOOP_S * FPS)):
            grey = ground.copy()
            grey[:FLICKER] += random.integers(0, 40, (1, WIDTH // FLICKER), dtype=np.uint8).repeat(FLICKER, 1)
            for left, top in _vehicles(number / FPS):
                grey[top : top + VEHICLE[1], max(0, left) : max(0, left + VEHICLE[0])] = 255
            image = np.repeat(grey.repeat(scale, 0).repeat(scale, 1)[..., None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return read_clip(path)


def _vehicles(t: float) -> list[tuple[int, int]]:
    """Return the left and upper edge (px) of each vehicle at `t` seconds of the clip."""
    found = []
    for start_s, sense, top in DRIVES:
        share = (t - start_s) / DRIVE_S
        if 0 <= share <= 1:
            share = share if sense > 0 else 1 - share
            found.append((round(-VEHICLE[0] + share * (WIDTH + VEHICLE[0])), top))
    return found
