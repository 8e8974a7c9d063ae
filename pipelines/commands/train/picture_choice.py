"""Choice of the pictures of a training: by licence, with those of a city, some held back; one line for bad input."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from analytics.road_users import ROAD_USERS
from models.examination.comparison import COMPARED_CLASSES
from models.pictures.held_back import hold_back_groups, hold_back_share
from models.pictures.picture_set import LabelledPicture
from models.training.recorded_frames import find_recordings
from models.training.training_data import TrainingData
from pipelines.commands.examine.examine_command import read_pictures
from pipelines.errors import UserError

CITY_WEIGHT = 4.0
"""How often a picture of a city's own cameras is sampled, relative to the others [assumption]."""

MIN_PICTURES = 8
"""Fewest pictures to train on: one batch [assumption]."""

MIN_DECIDING_BOXES = 30
"""Fewest labelled cars and motorcycles on held-back pictures of a city, which accept or refuse a network [assumption].
"""


def choose_pictures(
    folders: Sequence[Path],
    city_folders: Sequence[Path],
    *,
    licences: Collection[str] = (),
    groups: Collection[str] = (),
    set_weights: Mapping[str, float] | None = None,
    recordings: Sequence[Path] = (),
) -> tuple[TrainingData, list[LabelledPicture]]:
    """Data of a training, and the held-back pictures that decide about its network: a city's own, where there are any.

    licences: pictures of `folders` with another one are left out; none for all. groups: camera groups of `folders` to
    hold back; without any, `hold_back_share` decides, as it always does for a city's pictures.
    Raises UserError, UnusablePictures.
    """
    if not folders and not city_folders:
        raise UserError("no pictures to train on; give folders of labelled pictures, or --from-city DIR")
    general = _with_licence(read_pictures(folders), licences)
    city = read_pictures(city_folders)
    of_general = hold_back_groups(general, groups) if groups or city else hold_back_share(general)
    data = TrainingData(
        pictures=[*general, *city],
        is_held_back=np.concatenate([of_general, hold_back_share(city)]),
        set_weights={**{picture.set_folder.name: CITY_WEIGHT for picture in city}, **(set_weights or {})},
        recordings=find_recordings(recordings),
    )
    deciding = data.held_back if not city else [p for p in data.held_back if p in frozenset(city)]
    _require_sets(data)
    _require_enough(data, deciding, is_city=bool(city))
    return data, deciding


def _with_licence(pictures: list[LabelledPicture], licences: Collection[str]) -> list[LabelledPicture]:
    known = sorted({picture.licence for picture in pictures})
    for licence in licences:
        if licence not in known:
            raise UserError(f"no picture has the licence {licence!r}; these occur: {', '.join(map(repr, known))}")
    return [picture for picture in pictures if not licences or picture.licence in licences]


def _require_sets(data: TrainingData) -> None:
    known = sorted({picture.set_folder.name for picture in data.pictures})
    for name in data.set_weights:
        if name not in known:
            raise UserError(f"--weight: no set is called {name!r}; known are {', '.join(known)}")


def _require_enough(data: TrainingData, deciding: Sequence[LabelledPicture], *, is_city: bool) -> None:
    """Read all labels, and check their numbers."""
    boxes = {picture: picture.read_labels((1, 1)).class_id for picture in data.pictures}
    trained = data.trained_on
    if len(trained) < MIN_PICTURES or not any(len(boxes[picture]) for picture in trained):
        raise UserError(
            f"only {len(trained)} pictures are left to train on, with {sum(len(boxes[p]) for p in trained)} labels; "
            f"at least {MIN_PICTURES} with labels are needed: label more, or hold back less"
        )
    if not deciding:
        raise UserError("no picture would be held back to examine the network; label more pictures of each camera")
    ids = [ROAD_USERS.index(road_user) for road_user in COMPARED_CLASSES]
    vehicles = sum(int(np.isin(boxes[picture], ids).sum()) for picture in deciding)
    if is_city and vehicles < MIN_DECIDING_BOXES:
        raise UserError(
            f"the {len(deciding)} pictures of the city that are held back show {vehicles} labelled cars and "
            f"motorcycles, and {MIN_DECIDING_BOXES} are needed to decide; label more pictures"
        )
