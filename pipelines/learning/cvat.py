"""Exchange with CVAT: archives in its format "Ultralytics YOLO Detection 1.0".

[source: docs.cvat.ai, Dataset management, Formats, Ultralytics YOLO]
"""

from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import yaml

from models.text.decoding import decode_text
from pipelines.atomic_file import replacing
from pipelines.errors import UserError
from pipelines.learning.labelled_boxes import LABEL_NAMES, LabelledBox, Labels, proposals
from pipelines.learning.waiting_pictures import WaitingPictures

DESCRIPTION = "data.yaml"
"""File of an archive that names the labels and the lists of pictures. [source: as above]"""

NUMBERS = 5
"""Numbers of a label: class, centre and size; CVAT may add the number of a track. More are polygons or rotated boxes.
[source: as above]"""

MAX_BYTES = 100_000_000
"""Largest text file of an archive that is read, in bytes, unpacked. [assumption]"""


def write_archive(pictures: WaitingPictures, path: Path) -> int:
    """Write pictures and proposed labels to the zip file `path`; return the number of pictures. Raises OSError."""
    names = []
    with replacing(path) as draft, ZipFile(draft, "w", ZIP_STORED) as archive:
        for picture in pictures:
            lines = [box.yolo_line(LABEL_NAMES.index(box.name)) for box in proposals(picture)]
            archive.writestr(f"labels/train/{picture.name}.txt", "".join(f"{line}\n" for line in lines))
            archive.write(pictures.image_path(picture.name), f"images/train/{picture.name}.jpg")
            names.append(picture.name)
        archive.writestr("train.txt", "".join(f"images/train/{name}.jpg\n" for name in names))
        described = {"path": "./", "train": "train.txt", "names": dict(enumerate(LABEL_NAMES))}
        archive.writestr(DESCRIPTION, yaml.safe_dump(described, sort_keys=False))
    return len(names)


def read_archive(path: Path) -> Labels:
    """Return the labels of an archive that CVAT exported. Raises UserError, one line with the file and the fault.

    CVAT writes no label file for a picture without labels; such a picture is in the list of its subset.
    """
    try:
        with ZipFile(path) as archive:
            names = _label_names(archive)
            labels: Labels = {}
            for entry in map(PurePosixPath, archive.namelist()):
                if entry.suffix != ".txt" or entry.name.startswith(".") or "__MACOSX" in entry.parts:
                    continue
                text = _text(archive, str(entry))
                if "labels" in entry.parts:
                    labels[entry.stem] = _boxes(text, names, str(entry))
                elif len(entry.parts) == 1:
                    listed = (PurePosixPath(line.strip()) for line in text.splitlines())
                    labels |= {
                        image.stem: [] for image in listed if image.suffix == ".jpg" and image.stem not in labels
                    }
    except (OSError, BadZipFile, RuntimeError, NotImplementedError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path}: {error}; export it from CVAT as Ultralytics YOLO Detection 1.0") from error
    return labels


def _label_names(archive: ZipFile) -> dict[int, str]:
    """Return the names of the labels by their numbers. Raises ValueError."""
    if DESCRIPTION not in archive.namelist():
        raise ValueError(f"contains no {DESCRIPTION}")
    try:
        described: Any = yaml.safe_load(_text(archive, DESCRIPTION))
        names = described["names"]
        return {
            int(number): str(name) for number, name in (names.items() if isinstance(names, dict) else enumerate(names))
        }
    except (yaml.YAMLError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{DESCRIPTION} names no labels") from error


def _text(archive: ZipFile, name: str) -> str:
    if archive.getinfo(name).file_size > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB")
    return decode_text(archive.read(name))


def _boxes(text: str, names: dict[int, str], file: str) -> list[LabelledBox]:
    """Return the boxes of a label file. Raises ValueError."""
    boxes = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            class_id, *sides = line.split()
            if len(sides) > NUMBERS:
                raise ValueError("a polygon or a rotated box")
            cx, cy, w, h = map(float, sides[: NUMBERS - 1])
            boxes.append(LabelledBox(names[int(class_id)].lower(), cx, cy, w, h))
        except KeyError as error:
            raise ValueError(f"{file}, line {number}: class {error} is not in {DESCRIPTION}") from error
        except ValueError as error:
            raise ValueError(f"{file}, line {number}: {error}") from error
    return boxes
