"""Labels of pictures on their way between a set and a labelling tool."""

from dataclasses import dataclass

from analytics.road_users import ROAD_USERS
from pipelines.learning.waiting_pictures import WaitingPicture

IGNORE = "ignore"
"""Label of what has no usable label, such as a road user that cannot be recognised. [source: docs/picture-sets.md]"""

IGNORE_CLASS = 9
"""Class number of `IGNORE` in label files. [source: docs/picture-sets.md]"""

LABEL_NAMES = (*(road_user.value for road_user in ROAD_USERS), IGNORE)
"""Labels of a project in a labelling tool, in the order of their class numbers there."""


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A label of a picture. name: one of `LABEL_NAMES`. cx, cy: centre; w, h: size, as shares of the picture's sides.

    Raises ValueError for another name, or where no part of the box lies in the picture.
    """

    name: str
    cx: float
    cy: float
    w: float
    h: float

    def __post_init__(self) -> None:
        if self.name not in LABEL_NAMES:
            raise ValueError(f"unknown label {self.name!r}; the labels are {', '.join(LABEL_NAMES)}")
        left, right, top, bottom = (
            self.cx - self.w / 2,
            self.cx + self.w / 2,
            self.cy - self.h / 2,
            self.cy + self.h / 2,
        )
        if not (self.w > 0 and self.h > 0 and left < 1 and right > 0 and top < 1 and bottom > 0):
            raise ValueError(f"the box {self.cx:g} {self.cy:g} {self.w:g} {self.h:g} is empty, or outside the picture")

    def clipped(self) -> "LabelledBox":
        """Return the part of the box inside the picture."""
        left, right = max(0.0, self.cx - self.w / 2), min(1.0, self.cx + self.w / 2)
        top, bottom = max(0.0, self.cy - self.h / 2), min(1.0, self.cy + self.h / 2)
        return LabelledBox(self.name, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top)

    def yolo_line(self, class_id: int) -> str:
        """Return the line `class cx cy w h` of a label file."""
        return f"{class_id} {self.cx:.6f} {self.cy:.6f} {self.w:.6f} {self.h:.6f}"


Labels = dict[str, list[LabelledBox]]
"""Labels of pictures, by the name of their files without suffix. A picture without road users has an empty list."""


def proposals(picture: WaitingPicture) -> list[LabelledBox]:
    """Return the detections of the network as labels to correct."""
    boxes = []
    for box in picture.boxes:
        x1, y1, x2, y2 = box.xyxy
        width, height = picture.width, picture.height
        centre = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height
        if x2 > x1 and y2 > y1:
            boxes.append(LabelledBox(box.road_user.value, *centre, (x2 - x1) / width, (y2 - y1) / height))
    return boxes
