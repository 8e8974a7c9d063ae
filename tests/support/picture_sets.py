"""Picture sets for tests: black pictures with bright rectangles, which `tests.support.tiny_network` finds."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

TABLE = "file,camera_group,country,light,rain,labelled_classes,note\n"
"""Header of pictures.csv, with a column that no reader knows."""

Box = tuple[int, int, int, int]


def add_picture(
    folder: Path,
    name: str,
    *,
    size: tuple[int, int] = (320, 192),
    bright: Sequence[Box] = (),
    labels: Sequence[tuple[int, Box]] | None = (),
    ignore: Sequence[Box] = (),
    about: str = "mast,Indonesia,day,dry",
    labelled_classes: str = "car motorcycle",
) -> None:
    """Add one picture to a set, and create the set. Boxes are x1, y1, x2, y2 in pixels.

    bright: rectangles of light. labels: class and box; None writes no label file. about: columns of pictures.csv.
    """
    for part in ("images", "labels", "ignore"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    for x1, y1, x2, y2 in bright:
        image[y1:y2, x1:x2] = 255
    cv2.imwrite(str(folder / "images" / f"{name}.png"), image)
    if labels is not None:
        (folder / "labels" / f"{name}.txt").write_text(_lines(labels, size))
    if ignore:
        (folder / "ignore" / f"{name}.txt").write_text(_lines([(9, box) for box in ignore], size))
    table = folder / "pictures.csv"
    with table.open("a") as file:
        file.write(TABLE if file.tell() == 0 else "")
        file.write(f'images/{name}.png,{about},"{labelled_classes}",as it is\n')


def _lines(labels: Sequence[tuple[int, Box]], size: tuple[int, int]) -> str:
    width, height = size
    return "".join(
        f"{class_id} {(x1 + x2) / 2 / width} {(y1 + y2) / 2 / height} {(x2 - x1) / width} {(y2 - y1) / height}\n"
        for class_id, (x1, y1, x2, y2) in labels
    )
