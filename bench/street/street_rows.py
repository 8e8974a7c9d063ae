"""Rows of the benchmark: the measures of `street` on labelled pictures, with their targets."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.road_users import RoadUser
from models.examination.figures import ExaminedPicture, figures_of
from models.pictures.picture_set import LabelledPicture

Chosen = Callable[[LabelledPicture], bool]
"""Whether a picture belongs to a row."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Pictures of some rows. description: which ones, for the table."""

    description: str
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Row:
    """A measure of both networks with its target.

    key: flat key in the JSON. asked: bound. at_most: the bound is an upper one. before, reached: of YOLO11n and of
    `street`; None where nothing measures it. pictures: number, and trained: how many are of cameras that trained
    `street`; both 0 for clips. about: what was measured.
    """

    key: str
    measure: str
    asked: float
    before: float | None
    reached: float | None
    about: str
    pictures: int = 0
    trained: int = 0
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where nothing measures it."""
        if self.reached is None:
            return None
        return self.reached <= self.asked if self.at_most else self.reached >= self.asked


def _bogor(light: str) -> Chosen:
    return lambda picture: picture.set_folder.name == "bogor" and picture.light == light


BOGOR_DAY = Selection("bogor, day, rain", _bogor("day"))
"""The project's home ground by day."""
BOGOR_NIGHT = Selection("bogor, night, wet", _bogor("night"))
"""The same after dark."""
VIETNAM_DAY = Selection("Vietnam, day", lambda picture: picture.country == "Vietnam" and picture.light == "day")
"""Cameras over streets full of motorcycles."""
OTHER_WET_DAY = Selection(
    "wet day, not Bogor",
    lambda picture: picture.set_folder.name != "bogor" and (picture.light, picture.rain) == ("day", "wet"),
)
"""Rain in other cities."""
DUSK = Selection("dusk, dry (no wet dusk is labelled)", lambda picture: picture.light == "dusk")
"""Headlamps before dark."""
QUEUES = Selection("Indonesian signal queues", lambda picture: picture.camera_group.startswith("id_queue"))
"""Dense groups of motorcycles at signals."""
ALL = Selection("all pictures", lambda picture: True)
"""Every picture."""

RIGHT_SHARES: tuple[tuple[str, RoadUser, Selection, str, float], ...] = (
    ("motorcycle_right_bogor_day", RoadUser.MOTORCYCLE, BOGOR_DAY, "right_share", 0.66),
    ("motorcycle_right_bogor_night", RoadUser.MOTORCYCLE, BOGOR_NIGHT, "right_share", 0.74),
    ("tall_motorcycle_right_bogor_day", RoadUser.MOTORCYCLE, BOGOR_DAY, "tall_right_share", 0.85),
    ("tall_motorcycle_right_bogor_night", RoadUser.MOTORCYCLE, BOGOR_NIGHT, "tall_right_share", 0.85),
    ("motorcycle_right_vietnam_day", RoadUser.MOTORCYCLE, VIETNAM_DAY, "right_share", 0.97),
    ("motorcycle_right_wet_day", RoadUser.MOTORCYCLE, OTHER_WET_DAY, "right_share", 0.85),
    ("motorcycle_right_dusk", RoadUser.MOTORCYCLE, DUSK, "right_share", 0.65),
    ("motorcycle_right_queues", RoadUser.MOTORCYCLE, QUEUES, "right_share", 0.88),
    ("car_right_bogor_day", RoadUser.CAR, BOGOR_DAY, "right_share", 0.88),
    ("car_right_bogor_night", RoadUser.CAR, BOGOR_NIGHT, "right_share", 0.92),
)
"""Key, class, pictures, figure and least value of each row of a share named right [source: targets of issue 13]."""

MAX_UNMATCHED_PER_MATCH = 0.35
"""Most false detections for each label found [source: targets of issue 13]."""

MIN_MAP50, MIN_MOTORCYCLE_AP50 = 0.70, 0.75
"""Least average precision on cameras that were not trained on [source: targets of issue 13]."""

Examined = Sequence[ExaminedPicture]
"""The same pictures, examined with one network."""


def picture_rows(before: Examined, after: Examined, trained_groups: Collection[str]) -> list[Row]:
    """Rows that pictures measure. trained_groups: camera groups on which the network of `after` was trained."""

    def row(key: str, measure: str, asked: float, selection: Selection, *path: str, at_most: bool = False) -> Row:
        old, new = ([p for p in pictures if selection.chosen(p.picture)] for pictures in (before, after))
        trained = sum(p.picture.camera_group in trained_groups for p in new)
        return Row(
            key,
            measure,
            asked,
            _value(old, path),
            _value(new, path),
            about=selection.description,
            pictures=len(new),
            trained=trained,
            at_most=at_most,
        )

    held_back = Selection("cameras not trained on", lambda picture: picture.camera_group not in trained_groups)
    shares = [
        row(key, f"{'tall ' * path.startswith('tall')}{road_user} named right", asked, selection, road_user, path)
        for key, road_user, selection, path, asked in RIGHT_SHARES
    ]
    return [
        *shares,
        row(
            "unmatched_per_match",
            "unmatched for each match",
            MAX_UNMATCHED_PER_MATCH,
            ALL,
            "unmatched_per_match",
            at_most=True,
        ),
        row("map50_untrained_cameras", "mAP50", MIN_MAP50, held_back, "ap50"),
        row(
            "motorcycle_ap50_untrained_cameras",
            "motorcycle AP50",
            MIN_MOTORCYCLE_AP50,
            held_back,
            RoadUser.MOTORCYCLE,
            "ap50",
        ),
    ]


def light_and_class(examined: Mapping[str, Examined]) -> list[dict[str, Any]]:
    """Figures of each network by light and class, side by side: rows with `light`, `class` and one key a network."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for network, pictures in examined.items():
        for light in sorted({p.picture.light for p in pictures}):
            _, by_class = figures_of([p for p in pictures if p.picture.light == light])
            for road_user, figures in by_class.items():
                rows.setdefault((light, road_user), {})[network] = figures.as_json()
    return [{"light": light, "class": road_user, **networks} for (light, road_user), networks in rows.items()]


def rows_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Flat keys of `street`, those of YOLO11n under `before`, and all that belongs to each row under `targets`."""
    return {
        **{row.key: row.reached for row in rows},
        "before": {row.key: row.before for row in rows},
        "targets": [
            {
                "key": row.key,
                "measure": row.measure,
                "asked": f"{'<=' if row.at_most else '>='} {row.asked:g}",
                "before": row.before,
                "reached": row.reached,
                "met": row.met,
                "on": row.about,
                "pictures": row.pictures,
                "pictures_of_trained_cameras": row.trained,
            }
            for row in rows
        ],
    }


def _value(pictures: Examined, path: Sequence[str]) -> float | None:
    """A figure of all classes, or `class, figure`; None where no picture shows the class."""
    total, by_class = figures_of(pictures)
    figures = total if len(path) == 1 else by_class.get(path[0])
    value = None if figures is None else figures.as_json()[path[-1]]
    return None if value is None else float(value)
