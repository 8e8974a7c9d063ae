"""Snapshots of incidents as files."""

import os
import time
from pathlib import Path

import av
import cv2
import numpy as np

from pipelines.evidence.snapshots import Snapshots

GREY = av.VideoFrame.from_ndarray(np.full((360, 640, 3), 128, np.uint8), format="rgb24")


def is_red(pixel: np.ndarray) -> bool:
    blue, green, red = (int(channel) for channel in pixel)
    return red > blue + 80 and red > green + 80


def test_the_box_of_the_road_user_is_marked_in_the_full_frame(tmp_path: Path) -> None:
    name = Snapshots(tmp_path).save("abc", GREY, (300, 200), box=(250, 100, 350, 200))
    image = cv2.imread(str(tmp_path / f"{name}.jpg"))
    assert image.shape == (360, 640, 3)
    assert is_red(image[150, 250])
    assert not is_red(image[150, 300])
    assert not list(tmp_path.glob("*.part"))


def test_without_a_box_the_place_is_circled_even_at_the_edge_of_the_frame(tmp_path: Path) -> None:
    Snapshots(tmp_path).save("abc", GREY, (640, 360))
    image = cv2.imread(str(tmp_path / "abc.jpg"))
    assert is_red(image[359, 640 - 18])


def test_snapshots_beyond_the_maximum_number_or_age_are_deleted(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, max_files=3, max_age_days=1)
    for number in range(3):
        snapshots.save(f"{number}", GREY, (10, 10))
        os.utime(tmp_path / f"{number}.jpg", (time.time() - 1000 + number,) * 2)
    snapshots.save("3", GREY, (10, 10))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["1", "2", "3"]
    os.utime(tmp_path / "1.jpg", (time.time() - 2 * 86400,) * 2)
    snapshots.save("3", GREY, (10, 10))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["2", "3"]
