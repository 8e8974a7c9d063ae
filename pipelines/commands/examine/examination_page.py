"""An examination as one self-contained HTML page: tables, and the worst pictures with their boxes."""

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS
from models.detection.letterbox import letterbox
from models.examination.figures import ExaminedPicture
from models.examination.matching import MATCH_IOU

WORST_PICTURES = 30
"""Pictures on the page [assumption: a page of a few megabytes]."""

WORST_OF_A_CAMERA = 4
"""Pictures of one camera group on the page, so that each camera shows its faults [assumption]."""

MAX_SHOWN_PX = 960
"""Longer side of a picture on the page, pixels [assumption]."""

JPEG_QUALITY = 75
"""Quality of the pictures on the page, 0..100 [assumption]."""


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A rectangle in pixels of the shown picture. style: CSS class. title: shown on hover."""

    x: float
    y: float
    width: float
    height: float
    style: str
    title: str


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of the page. jpeg: base64. counts: of right, wrong, missed and unmatched boxes, by style."""

    caption: str
    jpeg: str
    width: int
    height: int
    boxes: list[DrawnBox]
    counts: Counter[str]


def examination_page(figures: dict[str, Any], pictures: Sequence[ExaminedPicture]) -> str:
    """Render the page. figures: of all pictures, as in the JSON."""
    environment = Environment(
        loader=PackageLoader("pipelines.commands.examine", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "percent": percent}
    return environment.get_template("examination.html.j2").render(
        figures=figures, iou=MATCH_IOU, shown=(show_picture(picture) for picture in worst_pictures(pictures))
    )


def worst_pictures(pictures: Sequence[ExaminedPicture]) -> list[ExaminedPicture]:
    """Pictures with the most faults, at most `WORST_OF_A_CAMERA` of one camera group; none without a fault."""
    chosen: list[ExaminedPicture] = []
    of_camera: Counter[str] = Counter()
    for picture in sorted(pictures, key=faults, reverse=True):
        camera = picture.picture.camera_group
        if faults(picture) and of_camera[camera] < WORST_OF_A_CAMERA and len(chosen) < WORST_PICTURES:
            of_camera[camera] += 1
            chosen.append(picture)
    return chosen


def faults(picture: ExaminedPicture) -> int:
    """Number of labels that are missed or named wrong, and of false detections."""
    return int((~picture.match.is_right).sum() + picture.match.is_false.sum())


def show_picture(picture: ExaminedPicture) -> ShownPicture:
    """Draw one picture, reduced to `MAX_SHOWN_PX`."""
    longer = max(picture.size)
    scale = min(longer, MAX_SHOWN_PX) / longer
    width, height = (max(1, round(side * scale)) for side in picture.size)
    image = letterbox(picture.picture.read_image(), (width, height)).image
    _, jpeg = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    boxes = list(_drawn_boxes(picture, scale))
    source = picture.picture
    return ShownPicture(
        caption=f"{source.camera_group}, {source.country}, {source.light}, {source.rain}: {source.file}",
        jpeg=base64.b64encode(np.asarray(jpeg).tobytes()).decode(),
        width=width,
        height=height,
        boxes=boxes,
        counts=Counter(drawn.style for drawn in boxes),
    )


def _drawn_boxes(picture: ExaminedPicture, scale: float) -> Iterator[DrawnBox]:
    labels, found, match = picture.labels, picture.found, picture.match
    for area in labels.ignored:
        yield _drawn(area * scale, "ignored", "ignored")
    for detection in np.flatnonzero(match.is_false).tolist():
        yield _drawn(found.xyxy[detection] * scale, "unmatched", _detected(picture, detection))
    for label, detection in enumerate(match.detection.tolist()):
        name = ROAD_USERS[labels.class_id[label]].value
        if detection < 0:
            yield _drawn(labels.xyxy[label] * scale, "missed", f"missed: {name}")
        elif match.is_right[label]:
            yield _drawn(found.xyxy[detection] * scale, "right", _detected(picture, detection))
        else:
            title = f"{_detected(picture, detection)}, labelled {name}"
            yield _drawn(found.xyxy[detection] * scale, "wrong", title)


def _detected(picture: ExaminedPicture, detection: int) -> str:
    found = picture.found
    return f"{ROAD_USERS[found.class_id[detection]].value} {found.confidence[detection]:.2f}"


def _drawn(xyxy: NDArray[np.float32], style: str, title: str) -> DrawnBox:
    x1, y1, x2, y2 = (round(float(side), 1) for side in xyxy)
    return DrawnBox(x1, y1, max(0.0, x2 - x1), max(0.0, y2 - y1), style, title)


def number(value: float | None) -> str:
    """Format with three decimals, or a dash for None."""
    return "–" if value is None else f"{value:.3f}"


def percent(value: float | None) -> str:
    """Format a share of 1 as per cent, or a dash for None."""
    return "–" if value is None else f"{100 * value:.1f}%"
