"""Picture sets: folders of labelled pictures, with the camera, light and weather of each picture.

A set is a folder with `pictures.csv`, `images/`, `labels/` and, where a source is incomplete, `ignore/` and
`ignore_regions/`. Labels are YOLO lines `class cx cy w h`, the classes in the order of ROAD_USERS; a rider and the
two-wheeler are one box. Format: docs/picture-sets.md.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS
from models.detection.detector import RgbImage
from models.errors import UnusableWeights
from models.text.csv_rows import read_csv
from models.text.decoding import decode_text

log = structlog.get_logger()

REQUIRED_COLUMNS = ("file", "camera_group", "country", "light", "rain", "labelled_classes")
"""Columns that pictures.csv must have [source: docs/picture-sets.md]."""

LABEL_FOLDERS = ("labels", "ignore", "ignore_regions")
"""Folders of the label files: of road users, and of ignored things and areas [source: docs/picture-sets.md]."""

_PARTLY_LABELLED = re.compile(r"\(.*?\)")
"""Part of `labelled_classes` that lists classes of which only some road users have a box."""

_CLASS_SEPARATORS = re.compile(r"[\s,;|]+")
"""Separators of the classes in `labelled_classes`."""

YOLO_COLUMNS = 5
"""Columns of a label line: class, then centre and size as shares of the picture [source: YOLO data sets]."""

MAX_YOLO_COLUMNS = YOLO_COLUMNS + 1
"""Columns with a confidence or the number of a track, which are not read [source: ultralytics, CVAT].

Lines with more are polygons.
"""


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

    def label_file(self, folder: str) -> Path:
        """Label file in one of LABEL_FOLDERS: `labels/night/a.txt` of `images/night/a.jpg`."""
        first, *below = PurePosixPath(self.file).parts
        return self.set_folder.joinpath(folder, *(below or [first])).with_suffix(".txt")

    def files(self) -> list[Path]:
        """Files of the picture and its labels that exist."""
        return [path for path in (self.path, *map(self.label_file, LABEL_FOLDERS)) if path.is_file()]

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
        labelled, *ignoring = map(self.label_file, LABEL_FOLDERS)
        rows = _yolo_rows(labelled, classes=len(ROAD_USERS))
        ignored = [_yolo_rows(path, classes=None) for path in ignoring]
        return PictureLabels(
            _to_xyxy(rows, size),
            rows[:, 0].astype(np.int64),
            _to_xyxy(np.concatenate(ignored), size),
            np.array([road_user.value in self.labelled_classes for road_user in ROAD_USERS]),
        )


def read_picture_set(folder: Path) -> list[LabelledPicture]:
    """Pictures of one set, in the order of pictures.csv. Raises UnusablePictures.

    Logs which pictures have no label file, and which label files no picture: often a name is misspelt.
    """
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
    pictures: dict[str, LabelledPicture] = {}
    for row in content.rows:
        picture = _picture(folder, row.cells, row.line)
        if picture.file in pictures:
            raise UnusablePictures(f"{table}, line {row.line}: {picture.file} is listed twice; remove one row")
        pictures[picture.file] = picture
    if not pictures:
        raise UnusablePictures(f"{table}: lists no pictures; add a row for each file in images/")
    _log_unpaired(folder, list(pictures.values()))
    return list(pictures.values())


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


def _log_unpaired(folder: Path, pictures: Sequence[LabelledPicture]) -> None:
    labels = LABEL_FOLDERS[0]
    file_of = {picture.label_file(labels): picture.file for picture in pictures}
    present = set((folder / labels).rglob("*.txt"))
    without_labels = sorted(file for path, file in file_of.items() if path not in present)
    without_picture = sorted(str(path.relative_to(folder)) for path in present - file_of.keys())
    if without_labels:
        log.warning(
            "pictures without a label file: they count as pictures of an empty street",
            folder=str(folder),
            pictures=len(without_labels),
            first=without_labels[0],
        )
    if without_picture:
        log.warning(
            "label files without a picture in pictures.csv: they are not used",
            folder=str(folder),
            files=len(without_picture),
            first=without_picture[0],
        )


def _picture(folder: Path, row: dict[str, str], line: int) -> LabelledPicture:
    full = _PARTLY_LABELLED.sub(" ", row["labelled_classes"].lower())
    classes = tuple(name for name in _CLASS_SEPARATORS.split(full) if name)
    unknown = [name for name in classes if name not in {road_user.value for road_user in ROAD_USERS}]
    if unknown or not row["file"]:
        fault = f"unknown class {unknown[0]!r}" if unknown else "no file"
        raise UnusablePictures(f"{folder / 'pictures.csv'}, line {line}: {fault}; known are {', '.join(ROAD_USERS)}")
    return LabelledPicture(
        folder,
        str(PurePosixPath(row["file"].replace("\\", "/"))),
        camera_group=row["camera_group"],
        country=row["country"],
        light=row["light"],
        rain=row["rain"],
        labelled_classes=classes,
        licence=row.get("licence", ""),
        split=row.get("split", ""),
        source_repo=row.get("source_repo", ""),
    )


def _yolo_rows(path: Path, *, classes: int | None) -> NDArray[np.float64]:
    """(N, 5) rows of a label file; none where there is no file. classes: number of known classes, None for any."""
    if not path.exists():
        return np.empty((0, YOLO_COLUMNS))
    try:
        lines = [line.split() for line in decode_text(path.read_bytes()).splitlines() if line.strip()]
        rows = np.array([cells[:YOLO_COLUMNS] for cells in lines], dtype=np.float64).reshape(-1, YOLO_COLUMNS)
    except (OSError, ValueError) as error:
        raise UnusablePictures(
            f"{path}: expected lines of `class cx cy w h`, decimals with a point; correct or remove the file"
        ) from error
    if any(len(cells) > MAX_YOLO_COLUMNS for cells in lines):
        raise UnusablePictures(f"{path}: contains polygons; export boxes, as lines of `class cx cy w h`")
    class_id = rows[:, 0]
    if not np.isfinite(rows).all() or (classes is not None and not np.isin(class_id, np.arange(classes)).all()):
        known = ", ".join(f"{k} {road_user.value}" for k, road_user in enumerate(ROAD_USERS))
        raise UnusablePictures(f"{path}: a class or number is not allowed; the classes are {known}")
    inside = _to_xyxy(rows, (1, 1))
    if not ((rows[:, 3:] > 0).all(axis=1) & (inside[:, 2:] > inside[:, :2]).all(axis=1)).all():
        raise UnusablePictures(
            f"{path}: a box has no size, or lies outside the picture; cx cy w h are shares of the picture, 0 to 1"
        )
    return rows


def _to_xyxy(rows: NDArray[np.float64], size: Sequence[int]) -> NDArray[np.float32]:
    """Boxes in pixels of a picture of this size, cut off at its edges as detections are."""
    centre, half = rows[:, 1:3], rows[:, 3:5] / 2
    boxes = np.clip(np.concatenate([centre - half, centre + half], axis=1), 0, 1) * np.tile(size, 2)
    return np.asarray(boxes, dtype=np.float32)
