"""Picture sets: folders of labelled pictures, with the camera, light and weather of each picture.

A set is a folder with `pictures.csv`, `images/`, `labels/` and, where a source is incomplete, `ignore/` and
`ignore_regions/`. Labels are YOLO lines `class cx cy w h`, the classes in the order of ROAD_USERS; a rider and the
two-wheeler are one box. Format: docs/picture-sets.md.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS
from models.detection.detector import RgbImage
from models.errors import UnusableWeights
from models.text.csv_rows import read_csv
from models.text.decoding import decode_text

REQUIRED_COLUMNS = ("file", "camera_group", "country", "light", "rain", "labelled_classes")
"""Columns that pictures.csv must have [source: docs/picture-sets.md]."""

LABEL_FOLDERS = ("labels", "ignore", "ignore_regions")
"""Folders of the label files: of road users, and of ignored things and areas [source: docs/picture-sets.md]."""

_PARTLY_LABELLED = re.compile(r"\(.*?\)")
"""Part of `labelled_classes` that lists classes of which only some road users have a box."""

YOLO_COLUMNS = 5
"""Columns of a label line: class, then centre and size as shares of the picture [source: YOLO data sets]."""


class UnusablePictures(UnusableWeights):
    """A picture set that cannot be read: one line with the file, the fault and the remedy."""


@dataclass(frozen=True, slots=True)
class PictureLabels:
    """Boxes of one picture, in its pixels.

    xyxy: (N, 4) float32. class_id: (N,) index into ROAD_USERS. ignored: (M, 4) float32 areas in which a detection
    without a label is neither right nor wrong. labelled_classes: (classes,) bool; only for these the picture has a box
    of every road user outside the ignored areas.
    """

    xyxy: NDArray[np.float32]
    class_id: NDArray[np.int64]
    ignored: NDArray[np.float32]
    labelled_classes: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture of a set. All texts are as in pictures.csv; the last three are empty where not stated."""

    set_folder: Path
    file: str
    camera_group: str
    country: str
    light: str
    rain: str
    labelled_classes: tuple[str, ...]
    licence: str = ""
    split: str = ""
    source_repo: str = ""

    @property
    def path(self) -> Path:
        return self.set_folder / self.file

    def files(self) -> list[Path]:
        """Files of the picture and its labels that exist."""
        labels = [self.set_folder / folder / f"{Path(self.file).stem}.txt" for folder in LABEL_FOLDERS]
        return [path for path in (self.path, *labels) if path.is_file()]

    def read_image(self) -> RgbImage:
        """RGB pixels. Raises UnusablePictures where the file is no image."""
        try:
            content = np.frombuffer(self.path.read_bytes(), np.uint8)  # imread prints its own line about a missing file
        except OSError as error:
            raise UnusablePictures(
                f"{self.path}: {error.strerror}; put the picture there, or remove its row"
            ) from error
        found = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
        if found is None:
            raise UnusablePictures(f"{self.path}: cannot be read as a picture; save it again, or remove its row")
        return np.ascontiguousarray(found[..., ::-1], dtype=np.uint8)

    def read_labels(self, size: tuple[int, int]) -> PictureLabels:
        """Labels in pixels of a picture of this size (width, height). Raises UnusablePictures for a wrong line."""
        name = Path(self.file).stem + ".txt"
        labelled, *ignoring = LABEL_FOLDERS
        rows = _yolo_rows(self.set_folder / labelled / name, classes=len(ROAD_USERS))
        ignored = [_yolo_rows(self.set_folder / folder / name, classes=None) for folder in ignoring]
        return PictureLabels(
            _to_xyxy(rows, size),
            rows[:, 0].astype(np.int64),
            _to_xyxy(np.concatenate(ignored), size),
            np.array([road_user.value in self.labelled_classes for road_user in ROAD_USERS]),
        )


def read_picture_set(folder: Path) -> list[LabelledPicture]:
    """Pictures of one set, in the order of pictures.csv. Raises UnusablePictures."""
    table = folder / "pictures.csv"
    try:
        content = read_csv(decode_text(table.read_bytes()))
    except FileNotFoundError as error:
        raise UnusablePictures(f"{folder}: no picture set; give a folder with a pictures.csv") from error
    except (OSError, ValueError) as error:
        raise UnusablePictures(f"{table}: cannot be read ({error}); save it as CSV in UTF-8") from error
    missing = [column for column in REQUIRED_COLUMNS if column not in content.columns]
    if missing:
        raise UnusablePictures(f"{table}: has no column {', '.join(missing)}; see docs/picture-sets.md")
    pictures = [_picture(folder, row.cells, row.line) for row in content.rows]
    if not pictures:
        raise UnusablePictures(f"{table}: lists no pictures; add a row for each file in images/")
    return pictures


def find_picture_sets(folders: Iterable[Path]) -> list[Path]:
    """Folders that are picture sets, or the sets directly inside them. Raises UnusablePictures without any."""
    found: list[Path] = []
    for folder in folders:
        inside = sorted(table.parent for table in folder.glob("*/pictures.csv"))
        sets = [folder] if (folder / "pictures.csv").is_file() else inside
        if not sets:
            raise UnusablePictures(f"{folder}: no picture set; give a folder with a pictures.csv")
        found += sets
    return found


def _picture(folder: Path, row: dict[str, str], line: int) -> LabelledPicture:
    classes = tuple(_PARTLY_LABELLED.sub("", row["labelled_classes"] or "").replace(",", " ").split())
    unknown = [name for name in classes if name not in {road_user.value for road_user in ROAD_USERS}]
    if unknown or not row["file"]:
        fault = f"unknown class {unknown[0]!r}" if unknown else "no file"
        raise UnusablePictures(f"{folder / 'pictures.csv'}, line {line}: {fault}; known are {', '.join(ROAD_USERS)}")
    return LabelledPicture(
        folder,
        row["file"],
        camera_group=row["camera_group"] or "",
        country=row["country"] or "",
        light=row["light"] or "",
        rain=row["rain"] or "",
        labelled_classes=classes,
        licence=row.get("licence") or "",
        split=row.get("split") or "",
        source_repo=row.get("source_repo") or "",
    )


def _yolo_rows(path: Path, *, classes: int | None) -> NDArray[np.float64]:
    """(N, 5) rows of a label file; none where there is no file. classes: number of known classes, None for any."""
    if not path.exists():
        return np.empty((0, YOLO_COLUMNS))
    try:
        lines = [line.split()[:YOLO_COLUMNS] for line in decode_text(path.read_bytes()).splitlines() if line.strip()]
        rows = np.array(lines, dtype=np.float64).reshape(-1, YOLO_COLUMNS)
    except (OSError, ValueError) as error:
        raise UnusablePictures(
            f"{path}: expected lines of `class cx cy w h`, decimals with a point; correct or remove the file"
        ) from error
    class_id = rows[:, 0]
    if not np.isfinite(rows).all() or (classes is not None and not np.isin(class_id, np.arange(classes)).all()):
        known = ", ".join(f"{k} {road_user.value}" for k, road_user in enumerate(ROAD_USERS))
        raise UnusablePictures(f"{path}: a class or number is not allowed; the classes are {known}")
    return rows


def _to_xyxy(rows: NDArray[np.float64], size: Sequence[int]) -> NDArray[np.float32]:
    centre, half = rows[:, 1:3], rows[:, 3:5] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1) * np.tile(size, 2)
    return np.asarray(boxes, dtype=np.float32)
