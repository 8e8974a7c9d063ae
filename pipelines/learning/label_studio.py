"""Exchange with Label Studio: tasks with predictions, and its JSON export.

[source: labelstud.io/guide: predictions, task_format, storage_local]
"""

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pipelines.atomic_file import write_atomically
from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError, first_problem
from pipelines.learning.labelled_boxes import LabelledBox, Labels, proposals
from pipelines.learning.waiting_pictures import WAITING_FOLDER, WaitingPicture, WaitingPictures

FILE_ADDRESS = f"/data/local-files/?d={WAITING_FOLDER}/"
"""Start of the address of a picture, where the folder of the set is LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT. [source: as
above]"""

_UPLOAD_NUMBER = re.compile(r"^[0-9a-f]{8}-")
"""Start of the name of a file that was uploaded to a project. [source: Label Studio, data_import.uploader]"""

PERCENT = 100.0
"""Sides of boxes are in percent of the picture's. [source: as above]"""

LABELS, IMAGE = "label", "image"
"""Names of the tags for labels and for the image in the labelling interface. [source:
docs/learning-from-your-cameras.md]"""


def write_tasks(pictures: WaitingPictures, path: Path) -> int:
    """Write a task with proposed labels for each picture; return their number. Raises OSError."""
    tasks = [_task(picture) for picture in pictures]
    write_atomically(path, json.dumps(tasks, indent=1))
    return len(tasks)


def _task(picture: WaitingPicture) -> dict[str, Any]:
    results = [
        {
            "id": f"{picture.name}-{number}",
            "type": "rectanglelabels",
            "from_name": LABELS,
            "to_name": IMAGE,
            "original_width": picture.width,
            "original_height": picture.height,
            "image_rotation": 0,
            "value": {
                "x": PERCENT * (box.cx - box.w / 2),
                "y": PERCENT * (box.cy - box.h / 2),
                "width": PERCENT * box.w,
                "height": PERCENT * box.h,
                "rotation": 0,
                "rectanglelabels": [box.name],
            },
        }
        for number, box in enumerate(proposals(picture))
    ]
    return {
        "data": {"image": f"{FILE_ADDRESS}{picture.name}.jpg", "camera": picture.camera},
        "predictions": [{"model_version": picture.network or "network", "result": results}],
    }


class _Exported(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class _Rectangle(_Exported):
    x: float
    y: float
    width: float
    height: float
    rotation: float = 0.0
    rectanglelabels: tuple[str, ...]


class _Result(_Exported):
    type: str
    value: dict[str, Any] = {}
    image_rotation: float = 0.0


class _Annotation(_Exported):
    result: tuple[_Result, ...]
    was_cancelled: bool = False


class _Data(_Exported):
    image: str


class _Task(_Exported):
    data: _Data
    annotations: tuple[_Annotation, ...] = ()


_TASKS = TypeAdapter(list[_Task])
"""Type of a whole export."""


def read_export(path: Path) -> Labels:
    """Return the labels of a JSON export. Raises UserError, one line with the file and the fault.

    Only tasks with a submitted annotation count; of several, the last one.
    """
    expected = "the JSON export of Label Studio, not JSON-MIN"
    try:
        tasks = _TASKS.validate_python(parse_json(read_text(path, expected=expected)))
        labels: Labels = {}
        for number, task in enumerate(tasks, start=1):
            submitted = [annotation for annotation in task.annotations if not annotation.was_cancelled]
            if submitted:
                labels[_picture_name(task.data.image)] = _boxes(submitted[-1], number)
    except ValidationError as error:
        raise UserError(f"{path}: {first_problem(error)}; give {expected}") from error
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"{path}: {error}; give {expected}") from error
    return labels


def _picture_name(address: str) -> str:
    """Return the name of a picture by its address in Label Studio, which puts its own number before uploaded files.

    >>> _picture_name("/data/local-files/?d=waiting%2Fkuda_1.jpg"), _picture_name("/data/upload/7/8f3a2b1c-kuda_1.jpg")
    ('kuda_1', 'kuda_1')
    """
    name = PurePosixPath(unquote(address)).stem
    return _UPLOAD_NUMBER.sub("", name) if address.startswith("/data/upload/") else name


def _boxes(annotation: _Annotation, task: int) -> list[LabelledBox]:
    """Return the boxes of an annotation. task: its number, for messages. Raises ValueError."""
    boxes = []
    for result in annotation.result:
        if result.type != "rectanglelabels":
            continue
        found = _Rectangle.model_validate(result.value)
        if found.rotation or result.image_rotation or len(found.rectanglelabels) != 1:
            raise ValueError(
                f"task {task}: the picture or a box is rotated, or a box has no single label; correct it there"
            )
        size = found.width / PERCENT, found.height / PERCENT
        try:
            centre = found.x / PERCENT + size[0] / 2, found.y / PERCENT + size[1] / 2
            boxes.append(LabelledBox(found.rectanglelabels[0].lower(), *centre, *size))
        except ValueError as error:
            raise ValueError(f"task {task}: {error}") from error
    return boxes
