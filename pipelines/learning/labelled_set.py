"""Labels into a picture set: a waiting picture becomes part of the set, in the layout of docs/picture-sets.md."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from analytics.road_users import ROAD_USERS
from models.text.csv_rows import read_csv
from pipelines.atomic_file import write_atomically
from pipelines.config.text_file import read_text
from pipelines.errors import UserError
from pipelines.learning.labelled_boxes import IGNORE, IGNORE_CLASS, LABEL_NAMES, LabelledBox, Labels
from pipelines.learning.waiting_pictures import WaitingPicture, WaitingPictures

TABLE = "pictures.csv"
"""Table of a set. [source: docs/picture-sets.md]"""

COLUMNS = (
    "file",
    "split",
    "licence",
    "camera_group",
    "country",
    "light",
    "rain",
    "viewpoint",
    "labelled_classes",
    "quality",
    "width",
    "height",
    "taken_at",
    *(f"n_{name}" for name in LABEL_NAMES),
)
"""Columns of a new table. [source: docs/picture-sets.md]"""

_Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class ImportedLabels:
    """Numbers of pictures: added to the set, corrected in it, and unknown in the folder."""

    added: int
    corrected: int
    unknown: int


def add_labels(folder: Path, labels: Labels, *, country: str) -> ImportedLabels:
    """Add waiting pictures with their labels to the set in `folder`; replace the labels of pictures already in it.

    A waiting picture is deleted last, so that an interrupted import can be repeated. Raises UserError for a table that
    cannot be read, and OSError.
    """
    rows = _read_table(folder / TABLE)
    waiting = {picture.name: picture for picture in WaitingPictures(folder)}
    known = {Path(row["file"]).stem for row in rows}
    added = sorted((name for name in labels if name in waiting and name not in known), key=lambda n: waiting[n].at)
    for name in added:
        picture = waiting[name]
        images = folder / "images"
        images.mkdir(parents=True, exist_ok=True)
        write_atomically(images / f"{name}.jpg", WaitingPictures(folder).image_path(name).read_bytes())
        rows.append(_row(picture, country))
    corrected = sorted(known & set(labels))
    by_name = {Path(row["file"]).stem: row for row in rows}
    for name in (*added, *corrected):
        boxes = [box.clipped() for box in labels[name]]
        _write_labels(folder, name, boxes)
        for label in LABEL_NAMES:
            by_name[name][f"n_{label}"] = str(sum(box.name == label for box in boxes))
    if added or corrected:
        _write_table(folder / TABLE, rows)
    for name in set(labels) & set(waiting):
        WaitingPictures(folder).delete(name)
    return ImportedLabels(len(added), len(corrected), len(labels) - len(added) - len(corrected))


def _row(picture: WaitingPicture, country: str) -> _Row:
    return {
        "file": f"images/{picture.name}.jpg",
        "split": "train",
        "licence": "not published",
        "camera_group": picture.camera,
        "country": country,
        "light": picture.light,
        "rain": picture.rain,
        "viewpoint": "CCTV",
        "labelled_classes": " ".join(road_user.value for road_user in ROAD_USERS),
        "quality": "B",
        "width": str(picture.width),
        "height": str(picture.height),
        "taken_at": picture.taken_at,
    }


def _write_labels(folder: Path, name: str, boxes: list[LabelledBox]) -> None:
    road_users = [box.yolo_line(LABEL_NAMES.index(box.name)) for box in boxes if box.name != IGNORE]
    ignored = [box.yolo_line(IGNORE_CLASS) for box in boxes if box.name == IGNORE]
    for kind, lines in (("labels", road_users), ("ignore", ignored)):
        (folder / kind).mkdir(exist_ok=True)
        write_atomically(folder / kind / f"{name}.txt", "".join(f"{line}\n" for line in lines))


def _read_table(path: Path) -> list[_Row]:
    if not path.exists():
        return []
    try:
        table = read_csv(read_text(path, expected="the folder of a picture set"))
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{path}: {error}; correct it") from error
    if not {"file", "camera_group"} <= set(table.columns):
        raise UserError(f"{path}: columns file and camera_group are missing; see docs/picture-sets.md")
    return [row.cells for row in table.rows]


def _write_table(path: Path, rows: list[_Row]) -> None:
    columns = list(dict.fromkeys([*COLUMNS, *(key for row in rows for key in row)]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue())
