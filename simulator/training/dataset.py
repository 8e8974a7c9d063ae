"""Pictures with exact boxes: to train this city's own detector on, and others, of other seeds, to examine it with."""

import gzip
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from math import atan2, pi
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.facts import IncidentType
from simulator.cameras.video_encoder import Film
from simulator.render.osd import write_caption
from simulator.render.projection import Figures
from simulator.render.scenery import Scenery
from simulator.render.static_background import Occluder
from simulator.render.visibility import visible_share
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import DURATION_S, Act, Light, Script
from simulator.world.sites import Point, all_points, point_of
from simulator.world.sumo_traffic import STEP_S, Traffic
from simulator.world.traffic_state import Moment
from simulator.world.vehicle_types import ALL_BODIES, BODY_INDEX

DEMANDS = (0.2, 0.6, 1.0, 1.4, 2.0, 2.6)
"""From an empty road to jams, in turn."""

EXAMINATION_SEEDS = 50_000
"""Added to the seed, so that no picture of the examination comes from a seed of the training."""

MOST_WALKERS, WALKERS_WITHIN_M, WALKING_MS = 3, 55.0, 1.2
MOST_STRAYS, RIDING_MS = 4, 3.5
CYCLISTS = 0.1
"""Share of the motorcycles that an enriched stretch shows as bicycles: rare things need more examples."""

_WALKER_KEY, _STRAY_KEY = 2_000_000, 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Pictures of one camera, `every_s` seconds apart. enriched: with more of who is rare in traffic.

    strays: so many cyclists at most where they please, beside the road, too: from behind they look like walkers.
    """

    point: str
    seed: int
    light: Light
    demand: float
    incident: IncidentType
    frames: int
    every_s: float
    enriched: bool
    strays: int = 0

    @property
    def name(self) -> str:
        return f"{self.point}-{self.light.value}-{self.seed}"


def training_stretches(seed: int, *, rounds: int, frames: int, every_s: float = 2.0) -> list[Stretch]:
    """`rounds` stretches of each point under each light, every one with another seed, demand and incident.

    In the last round cyclists stray.
    """
    return _stretches(seed, rounds, frames, every_s, enriched=True)


def examination_stretches(seed: int, *, frames: int, every_s: float = 3.0) -> list[Stretch]:
    """One stretch of each point under each light: other seeds, so other traffic, sun, clouds and rain."""
    return _stretches(seed + EXAMINATION_SEEDS, 1, frames, every_s, enriched=False)


def _stretches(seed: int, rounds: int, frames: int, every_s: float, *, enriched: bool) -> list[Stretch]:
    kinds = list(IncidentType)
    made: list[Stretch] = []
    for round_number in range(rounds):
        for light in Light:
            for point in all_points():
                k = len(made)
                made.append(
                    Stretch(
                        point=point.id,
                        seed=seed + k,
                        light=light,
                        demand=DEMANDS[(k * 5 + k // len(DEMANDS)) % len(DEMANDS)],
                        incident=kinds[k % len(kinds)],
                        frames=frames,
                        every_s=every_s,
                        enriched=enriched,
                        strays=MOST_STRAYS if enriched and round_number == rounds - 1 else 0,
                    )
                )
    return made


def render_all(
    stretches: Sequence[Stretch], folder: Path, *, jobs: int = 1, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Renders what `folder` does not hold yet. jobs: processes at once. progress: told how many are there."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [s for s in stretches if not labels_file(folder, s.name).is_file()]
    done = len(stretches) - len(missing)
    progress(done)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for rendered in as_completed([pool.submit(render, stretch, folder) for stretch in missing]):
            rendered.result()
            done += 1
            progress(done)


def video_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.mp4"


def labels_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.jsonl.gz"


def render(stretch: Stretch, folder: Path) -> None:
    """NAME.mp4, encoded as a camera would, and NAME.jsonl.gz: boxes as `simulator.cameras.render_video` writes them.

    The same stretch gives the same pictures and boxes. Which share of a road user shows takes still things in front
    of it into account, too. The labels appear last and at once: where they are, the video is whole.
    """
    cv2.setNumThreads(1)
    point = point_of(stretch.point)
    dice = np.random.default_rng([7, stretch.seed, *point.id.encode()])
    script = Script(
        light=stretch.light,
        demand=stretch.demand,
        acts=(
            Act(type=IncidentType.PERSON_ON_ROAD, start_s=3.0, duration_s=DURATION_S[IncidentType.PERSON_ON_ROAD]),
            Act(type=stretch.incident, start_s=6.0, duration_s=DURATION_S[stretch.incident]),
        ),
    )
    painter = Scenery(point, stretch.seed).painter(stretch.light)
    lines: list[str] = []
    with Traffic(point, stretch.seed, script) as traffic, Film(video_file(folder, stretch.name), IMAGE_SIZE) as film:
        for _ in range(stretch.frames):
            for _ in range(max(1, round(stretch.every_s / STEP_S)) - 1):
                traffic.step()
            moment = traffic.step()
            if stretch.enriched:
                moment = _with_walkers(_with_cyclists(moment, stretch.seed), point, dice)
            if stretch.strays:
                moment = _with_strays(moment, point, stretch.strays, dice)
            picture, figures = painter.paint(moment)
            write_caption(picture, point.name, float(dice.uniform(0, 1440)))
            film.add(painter.expose(picture))
            lines.append(json.dumps({"t": round(moment.t, 3), "boxes": _boxes(moment, figures, painter.occluders)}))
    target = labels_file(folder, stretch.name)
    half_written = target.with_suffix(".part")
    with gzip.GzipFile(half_written, "wb", mtime=0) as file:
        file.write(("\n".join(lines) + "\n").encode())
    half_written.replace(target)


def plan_json(stretches: Sequence[Stretch]) -> list[dict[str, object]]:
    """For a report or a fingerprint."""
    return [asdict(stretch) for stretch in stretches]


def _boxes(moment: Moment, figures: Figures, still: Sequence[Occluder]) -> list[list[float | str]]:
    width, height = IMAGE_SIZE
    shares = visible_share(figures, still)
    found: list[list[float | str]] = []
    for i, index in enumerate(figures.chosen):
        x1, y1, x2, y2 = np.clip(figures.box[i], 0, (width, height, width, height)).tolist()
        if x2 > x1 and y2 > y1:
            road_user = ALL_BODIES[moment.body[index]].road_user.value
            found.append([*(round(v, 2) for v in (x1, y1, x2, y2)), round(float(shares[i]), 3), road_user])
    return found


def _with_cyclists(moment: Moment, seed: int) -> Moment:
    """The same motorcyclists ride bicycles throughout a stretch."""
    body = moment.body.copy()
    for i, key in enumerate(moment.keys):
        if ALL_BODIES[body[i]].filters and np.random.default_rng([seed, int(key)]).random() < CYCLISTS:
            body[i] = BODY_INDEX["bicycle"]
    return replace(moment, body=body)


def _with_walkers(moment: Moment, point: Point, dice: np.random.Generator) -> Moment:
    """A few people anywhere on or beside the watched arm."""
    number = int(dice.integers(0, MOST_WALKERS + 1))
    places = [point.watched.place(dice.uniform(2, WALKERS_WITHIN_M), dice.uniform(-14, 14)) for _ in range(number)]
    keys = _WALKER_KEY + dice.integers(0, 10**6, number)
    heading = dice.uniform(-pi, pi, number)
    return _joined(moment, "walker", keys=keys, xy=np.reshape(places, (-1, 2)), heading=heading, speed=WALKING_MS)


def _with_strays(moment: Moment, point: Point, most: int, dice: np.random.Generator) -> Moment:
    """Cyclists anywhere on or beside the watched arm, roughly along it."""
    number, arm = int(dice.integers(1, most + 1)), point.watched
    places = [arm.place(dice.uniform(2, WALKERS_WITHIN_M), dice.uniform(-12, 12)) for _ in range(number)]
    heading = atan2(arm.outward[1], arm.outward[0]) + pi * dice.integers(0, 2, number) + dice.normal(0, 0.3, number)
    keys = _STRAY_KEY + dice.integers(0, 10**6, number)
    return _joined(moment, "bicycle", keys=keys, xy=np.reshape(places, (-1, 2)), heading=heading, speed=RIDING_MS)


def _joined(
    moment: Moment,
    body: str,
    *,
    keys: NDArray[np.int64],
    xy: NDArray[np.float64],
    heading: NDArray[np.float64],
    speed: float,
) -> Moment:
    none = np.zeros(len(keys), dtype=bool)
    return replace(
        moment,
        keys=np.concatenate([moment.keys, keys]),
        body=np.concatenate([moment.body, np.full(len(keys), BODY_INDEX[body], dtype=np.int64)]),
        xy=np.concatenate([moment.xy, xy]),
        heading=np.concatenate([moment.heading, heading]),
        speed=np.concatenate([moment.speed, np.full(len(keys), speed)]),
        braking=np.concatenate([moment.braking, none]),
        hazard=np.concatenate([moment.hazard, none]),
    )
