"""Rendered frames with exact boxes: a training set of the simulated city, and an examination set of other seeds."""

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
from pipelines.atomic_file import write_atomically
from simulator.cameras.video_encoder import Mp4Writer
from simulator.render.osd import draw_osd
from simulator.render.projection import ProjectedRoadUsers
from simulator.render.scenery import Scenery
from simulator.render.static_background import Occluder
from simulator.render.visibility import visible_share
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import INCIDENT_DURATION_S, IncidentPlan, Light, Scenario
from simulator.world.sites import Site, all_sites, site_by_id
from simulator.world.sumo_traffic import STEP_S, Traffic
from simulator.world.traffic_state import TrafficState
from simulator.world.vehicle_types import VEHICLE_TYPE_INDEX, VEHICLE_TYPES

DEMANDS = (0.2, 0.6, 1.0, 1.4, 2.0, 2.6)
"""Demand factors of successive segments, from an empty road to jams [assumption]."""

EXAMINATION_SEEDS = 50_000
"""Offset of the seeds of the examination set, so that they differ from all seeds of the training set."""

MAX_PEDESTRIANS, PLACED_WITHIN_M, WALKING_SPEED_MS = 3, 55.0, 1.2
"""Added pedestrians: largest number in a frame, largest distance from the junction (m), speed (m/s) [assumption]."""

MAX_STRAY_CYCLISTS, CYCLING_SPEED_MS = 4, 3.5
"""Added cyclists off the lanes: largest number in a frame, speed (m/s) [assumption]."""

BICYCLE_SHARE = 0.1
"""Share of motorcycles rendered as bicycles in an enriched segment, 0..1: a rare class needs examples [assumption]."""

_PEDESTRIAN_ID_START, _CYCLIST_ID_START = 2_000_000, 4_000_000
"""First keys of added pedestrians and cyclists, above those of the traffic and of injected road users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedSegment:
    """Frames of one camera, `every_s` seconds apart.

    enriched: with additional road users of rare classes. strays: largest number of cyclists at random positions, also
    beside the road; from behind they resemble pedestrians.
    """

    site: str
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
        """Name of its files, without suffix."""
        return f"{self.site}-{self.light.value}-{self.seed}"


def training_segments(seed: int, *, rounds: int, frames: int, every_s: float = 2.0) -> list[RenderedSegment]:
    """Segments of the training set: `rounds` of each site under each light, with varying seed, demand and incident.

    The last round has stray cyclists. frames: per segment.
    """
    return _segments(seed, rounds, frames, every_s, enriched=True)


def examination_segments(seed: int, *, frames: int, every_s: float = 3.0) -> list[RenderedSegment]:
    """Segments of the examination set: one of each site under each light, with other seeds than the training set."""
    return _segments(seed + EXAMINATION_SEEDS, 1, frames, every_s, enriched=False)


def _segments(seed: int, rounds: int, frames: int, every_s: float, *, enriched: bool) -> list[RenderedSegment]:
    kinds = list(IncidentType)
    made: list[RenderedSegment] = []
    for round_number in range(rounds):
        for light in Light:
            for site in all_sites():
                k = len(made)
                made.append(
                    RenderedSegment(
                        site=site.id,
                        seed=seed + k,
                        light=light,
                        demand=DEMANDS[(k * 5 + k // len(DEMANDS)) % len(DEMANDS)],
                        incident=kinds[k % len(kinds)],
                        frames=frames,
                        every_s=every_s,
                        enriched=enriched,
                        strays=MAX_STRAY_CYCLISTS if enriched and round_number == rounds - 1 else 0,
                    )
                )
    return made


def render_all(
    segments: Sequence[RenderedSegment],
    folder: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Render the segments that `folder` does not contain.

    jobs: number of processes. progress: receives the number of rendered segments.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [s for s in segments if not labels_file(folder, s.name).is_file()]
    done = len(segments) - len(missing)
    progress(done)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for rendered in as_completed([pool.submit(render, segment, folder) for segment in missing]):
            rendered.result()
            done += 1
            progress(done)


def video_file(folder: Path, name: str) -> Path:
    """Path of the video of a segment."""
    return folder / f"{name}.mp4"


def labels_file(folder: Path, name: str) -> Path:
    """Path of the labels of a segment."""
    return folder / f"{name}.jsonl.gz"


def render(segment: RenderedSegment, folder: Path) -> None:
    """Render a segment to NAME.mp4 and NAME.jsonl.gz, with boxes as in `simulator.cameras.render_video`.

    The same segment gives the same bytes. Static objects count in the visible share. The labels are written
    atomically after the video: where they exist, the video is complete.
    """
    cv2.setNumThreads(1)
    site = site_by_id(segment.site)
    rng = np.random.default_rng([7, segment.seed, *site.id.encode()])
    scenario = Scenario(
        light=segment.light,
        demand=segment.demand,
        incidents=(
            IncidentPlan(
                type=IncidentType.PERSON_ON_ROAD,
                start_s=3.0,
                duration_s=INCIDENT_DURATION_S[IncidentType.PERSON_ON_ROAD],
            ),
            IncidentPlan(type=segment.incident, start_s=6.0, duration_s=INCIDENT_DURATION_S[segment.incident]),
        ),
    )
    renderer = Scenery(site, segment.seed).renderer(segment.light)
    lines: list[str] = []
    with (
        Traffic(site, segment.seed, scenario) as traffic,
        Mp4Writer(video_file(folder, segment.name), IMAGE_SIZE) as writer,
    ):
        for _ in range(segment.frames):
            for _ in range(max(1, round(segment.every_s / STEP_S)) - 1):
                traffic.step()
            state = traffic.step()
            if segment.enriched:
                state = _with_pedestrians(_with_cyclists(state, segment.seed), site, rng)
            if segment.strays:
                state = _with_stray_cyclists(state, site, segment.strays, rng)
            image, projected = renderer.render(state)
            draw_osd(image, site.name, float(rng.uniform(0, 1440)))
            writer.add(renderer.expose(image))
            lines.append(json.dumps({"t": round(state.t, 3), "boxes": _boxes(state, projected, renderer.occluders)}))
    target = labels_file(folder, segment.name)
    write_atomically(target, gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0), durable=False)


def segments_json(segments: Sequence[RenderedSegment]) -> list[dict[str, object]]:
    """Segments for the fingerprint; its keys are part of the fingerprint of existing sets and must not change."""
    return [
        {"point": segment.site, **{k: v for k, v in asdict(segment).items() if k != "site"}} for segment in segments
    ]


def _boxes(state: TrafficState, projected: ProjectedRoadUsers, still: Sequence[Occluder]) -> list[list[float | str]]:
    width, height = IMAGE_SIZE
    shares = visible_share(projected, still)
    found: list[list[float | str]] = []
    for i, index in enumerate(projected.chosen):
        x1, y1, x2, y2 = np.clip(projected.box[i], 0, (width, height, width, height)).tolist()
        if x2 > x1 and y2 > y1:
            road_user = VEHICLE_TYPES[state.type_index[index]].road_user.value
            found.append([*(round(v, 2) for v in (x1, y1, x2, y2)), round(float(shares[i]), 3), road_user])
    return found


def _with_cyclists(state: TrafficState, seed: int) -> TrafficState:
    """Replace some motorcycles by bicycles, the same ones throughout a segment."""
    type_index = state.type_index.copy()
    for i, key in enumerate(state.keys):
        if (
            VEHICLE_TYPES[type_index[i]].splits_lanes
            and np.random.default_rng([seed, int(key)]).random() < BICYCLE_SHARE
        ):
            type_index[i] = VEHICLE_TYPE_INDEX["bicycle"]
    return replace(state, type_index=type_index)


def _with_pedestrians(state: TrafficState, site: Site, rng: np.random.Generator) -> TrafficState:
    """Add pedestrians at random positions on or beside the observed arm."""
    number = int(rng.integers(0, MAX_PEDESTRIANS + 1))
    positions = [
        site.observed_arm.position(rng.uniform(2, PLACED_WITHIN_M), rng.uniform(-14, 14)) for _ in range(number)
    ]
    keys = _PEDESTRIAN_ID_START + rng.integers(0, 10**6, number)
    heading = rng.uniform(-pi, pi, number)
    return _joined(
        state, "pedestrian", keys=keys, xy=np.reshape(positions, (-1, 2)), heading=heading, speed=WALKING_SPEED_MS
    )


def _with_stray_cyclists(state: TrafficState, site: Site, most: int, rng: np.random.Generator) -> TrafficState:
    """Add cyclists at random positions on or beside the observed arm, roughly parallel to it."""
    number, arm = int(rng.integers(1, most + 1)), site.observed_arm
    positions = [arm.position(rng.uniform(2, PLACED_WITHIN_M), rng.uniform(-12, 12)) for _ in range(number)]
    heading = atan2(arm.outward[1], arm.outward[0]) + pi * rng.integers(0, 2, number) + rng.normal(0, 0.3, number)
    keys = _CYCLIST_ID_START + rng.integers(0, 10**6, number)
    return _joined(
        state, "bicycle", keys=keys, xy=np.reshape(positions, (-1, 2)), heading=heading, speed=CYCLING_SPEED_MS
    )


def _joined(
    state: TrafficState,
    vehicle_type: str,
    *,
    keys: NDArray[np.int64],
    xy: NDArray[np.float64],
    heading: NDArray[np.float64],
    speed: float,
) -> TrafficState:
    none = np.zeros(len(keys), dtype=bool)
    return replace(
        state,
        keys=np.concatenate([state.keys, keys]),
        type_index=np.concatenate(
            [state.type_index, np.full(len(keys), VEHICLE_TYPE_INDEX[vehicle_type], dtype=np.int64)]
        ),
        xy=np.concatenate([state.xy, xy]),
        heading=np.concatenate([state.heading, heading]),
        speed=np.concatenate([state.speed, np.full(len(keys), speed)]),
        braking=np.concatenate([state.braking, none]),
        hazard=np.concatenate([state.hazard, none]),
    )
