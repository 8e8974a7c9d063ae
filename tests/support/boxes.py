"""Short forms of detections and labels for tests of scores."""

from pathlib import Path

import numpy as np

from analytics.detections import Detections
from analytics.road_users import ROAD_USERS, RoadUser
from models.examination.average_precision import judge_detections
from models.examination.figures import ExaminedPicture
from models.examination.matching import match_detections
from models.pictures.picture_set import LabelledPicture, PictureLabels


def found(*boxes: tuple) -> Detections:
    """Detections from `(class, x1, y1, x2, y2[, confidence])`."""
    return Detections(
        np.array([box[1:5] for box in boxes], np.float32).reshape(-1, 4),
        np.array([box[5] if len(box) > 5 else 0.9 for box in boxes], np.float32),
        np.array([ROAD_USERS.index(RoadUser(box[0])) for box in boxes], np.int64),
    )


def labelled(*boxes: tuple, ignored: tuple = (), classes: str = "car motorcycle bus truck bicycle person"):
    """Labels from `(class, x1, y1, x2, y2)`. classes: the fully labelled ones."""
    truth = found(*boxes)
    return PictureLabels(
        truth.xyxy,
        truth.class_id,
        np.array(ignored, np.float32).reshape(-1, 4),
        np.array([road_user.value in classes.split() for road_user in ROAD_USERS]),
    )


def examined(detections, labels, *, light="day", camera="mast", size=(640, 360), folder=Path("sets/bogor")):
    """Examined picture `images/a.png` of a set."""
    picture = LabelledPicture(folder, "images/a.png", camera, "Indonesia", light, "wet", ("car",))
    return ExaminedPicture(
        picture, size, labels, detections, match_detections(detections, labels), judge_detections(detections, labels)
    )
