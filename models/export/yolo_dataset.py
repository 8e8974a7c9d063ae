"""Labelled images in the format of YOLO data sets, and the average precision of a detector on them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from analytics.detections import Detections
from models.detection.detector import Detector, RgbImage
from models.detection.letterbox import letterbox
from models.errors import UnusableWeights
from models.export.detection_metrics import AveragePrecision, DetectionEvaluator
from models.text.decoding import decode_text
from models.weights.model_metadata import UNMAPPED_CLASS, checked_metadata

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
"""File suffixes of images, in lower case [source: OpenCV]."""


def average_precision(detector: Detector, data_yaml: Path, *, width: int) -> AveragePrecision:
    """Average precision on the validation images of a data set (`val` in its data.yaml).

    detector: with a confidence near 0, for the whole curve. width: of the detector's input, pixels. Riders are merged
    with their two-wheelers, as in all detections of Simpang; a label of the rider costs every detector the same.
    Raises UnusableWeights, naming the file, for a data set that cannot be read.
    """
    evaluator = DetectionEvaluator()
    with closing(detector):
        for image, truth in labelled_images(data_yaml, width=width):
            evaluator.update(detector.submit(image).result(), truth)
    result = evaluator.result()
    if not result.pictures:
        raise UnusableWeights(f"{data_yaml}: holds no validation pictures; correct `path` and `val`")
    return result


def labelled_images(data_yaml: Path, *, width: int) -> Iterator[tuple[RgbImage, Detections]]:
    """Validation images, `width` pixels wide, with their labels in pixels of the image."""
    described = _described(data_yaml)
    road_users = checked_metadata(described, data_yaml).road_users
    for path in _images(described, data_yaml):
        image = read_image(path, width=width)
        yield image, _labels(_label_file(path), road_users, image.shape[1], image.shape[0])


def read_image(path: Path, *, width: int) -> RgbImage:
    """RGB image scaled to `width` pixels with its aspect. Raises UnusableWeights where the file is no image."""
    found = cv2.imread(str(path))
    if found is None:
        raise UnusableWeights(f"{path}: cannot be read as a picture; remove it, or save it again")
    return resize_to_width(np.asarray(found[..., ::-1], dtype=np.uint8), width)


def resize_to_width(image: RgbImage, width: int) -> RgbImage:
    """Image scaled to `width` pixels with its aspect."""
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    return letterbox(image, (width, height)).image


def _described(data_yaml: Path) -> dict[str, Any]:
    try:
        described = yaml.safe_load(decode_text(data_yaml.read_bytes()))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UnusableWeights(f"{data_yaml}: cannot be read as a data set; give its data.yaml") from error
    if not isinstance(described, dict) or not described.get("val"):
        raise UnusableWeights(f"{data_yaml}: key `val` is missing; name the folder of the validation pictures")
    return described


def _images(described: dict[str, Any], data_yaml: Path) -> list[Path]:
    root = data_yaml.parent / (described.get("path") or ".")
    wanted = described["val"] if isinstance(described["val"], list) else [described["val"]]
    found: list[Path] = []
    for entry in wanted:
        place = root / entry
        if place.suffix == ".txt" and place.is_file():
            lines = [line.strip() for line in _text(place).splitlines()]
            found += [place.parent / line.removeprefix("./") for line in lines if line]
        else:
            files = (path for path in place.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
            found += sorted(path for path in files if not path.name.startswith("."))
    return found


def _text(path: Path) -> str:
    """Text of a file of the data set. Raises UnusableWeights."""
    try:
        return decode_text(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnusableWeights(f"{path}: cannot be read ({error})") from error


def _label_file(image: Path) -> Path:
    """Label file of an image: the last folder named `images` becomes `labels` [source: ultralytics]."""
    parts = list(image.parts)
    for i in reversed(range(len(parts) - 1)):
        if parts[i] == "images":
            parts[i] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _labels(labels: Path, road_users: np.ndarray[Any, np.dtype[np.int64]], width: int, height: int) -> Detections:
    """Labels of an image; none where the file is missing."""
    if not labels.exists():
        return Detections.empty()
    try:
        rows = np.array([line.split()[:5] for line in _text(labels).splitlines() if line.strip()], dtype=np.float64)
        rows = rows.reshape(-1, 5)
        class_id = road_users[rows[:, 0].astype(np.int64)]
    except (ValueError, IndexError) as error:
        raise UnusableWeights(
            f"{labels}: expected lines of `class cx cy w h`, decimals with a point, classes as in data.yaml"
        ) from error
    centre, half = rows[:, 1:3], rows[:, 3:5] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1) * [width, height, width, height]
    kept = class_id != UNMAPPED_CLASS
    return Detections(boxes[kept].astype(np.float32), np.ones(int(kept.sum()), np.float32), class_id[kept])
