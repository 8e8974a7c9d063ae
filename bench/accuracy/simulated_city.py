"""Accuracy of the facts of simulated cameras, without real time: render and detect once, then analyse in seconds.

`python -m bench.accuracy.simulated_city --seed 7341 --point pura-sei-ladi` scores as `simpang evaluate-city` does, with
the incidents of that seed at those sites and without camera faults. Videos, ground truth and tracks stay in
`build/bench/city`, so that a change of `analytics` alone is scored again at once; after a change of `models`, delete
`*.tracks`. Frames are analysed at a constant rate, about that of a live camera with moving traffic.
"""

import argparse
import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from analytics.camera_analyzer import CameraAnalyzer
from analytics.detections import Tracks
from analytics.facts import Coverage, Crossing, Fact, Incident, ZoneInterval
from analytics.sight import SightEvidence
from bench.inputs import RESULTS
from models.gating.roi import choose_roi
from pipelines.analysis.detector_factory import open_detector
from pipelines.analysis.perception import CameraPerception
from pipelines.config.geometry_file import read_geometry
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from simulator.cameras.simulated_camera import SimulatedCamera, SimulatedFrame
from simulator.cameras.video_encoder import FPS, X264_OPTIONS
from simulator.evaluation.city_scores import CameraScore, score_camera
from simulator.evaluation.database_reader import ObservedSpan, StoredResults
from simulator.evaluation.end_to_end import MINUTE_S, QUIET_END_S, WARM_UP_S
from simulator.evaluation.report import scores_json
from simulator.ground_truth.json_document import ground_truth_json
from simulator.weights import DEMO_CITY
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import Light, Scenario, city_scenarios
from simulator.world.sites import site_by_id

FOLDER = RESULTS / "city"
"""Videos, ground truth and tracks of the cameras rendered so far."""

EVERY = 2
"""Every such frame of the simulation is rendered and analysed: 6.25 frames a second [assumption]."""

INTO_MINUTE_S = MINUTE_S - WARM_UP_S
"""Seconds from a full minute of the clock to second 0 of the simulation, as in `evaluate-city`."""

OBSERVED_SPAN_S = 10.0
"""Length of the spans of observed time, seconds: that of `analytics.facts.Coverage`."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One simulated camera over some minutes. light: constant, and then without incidents; None for the usual day."""

    site: str
    seed: int
    scenario: Scenario
    minutes: int
    light: str = "day"

    @property
    def until_s(self) -> float:
        return WARM_UP_S + MINUTE_S * self.minutes

    def path(self, kind: str) -> Path:
        """Path of a file of this camera."""
        return FOLDER / f"{self.site}-{self.seed}-{self.light}-{self.minutes}.{kind}"


def shots_of(sites: Sequence[str], seed: int, minutes: int, light: str | None) -> list[Shot]:
    """One shot for each site, with the incidents that `evaluate-city` plans, or in a constant light without any."""
    if light is not None:
        return [Shot(site, seed, Scenario(light=Light(light)), minutes, light) for site in sites]
    scripted_s = WARM_UP_S + MINUTE_S * minutes - QUIET_END_S
    scenarios = city_scenarios([site_by_id(site) for site in sites], seed, scripted_s, faulty=False)
    return [Shot(site, seed, scenarios[site], minutes) for site in sites]


def render(shot: Shot, on_frame: Callable[[SimulatedFrame], None] = lambda frame: None) -> None:
    """Write video, camera.json and ground truth of a shot. on_frame: receives each frame of the video."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    site = site_by_id(shot.site)
    with (
        SimulatedCamera(site, shot.seed, shot.scenario, into_minute_s=INTO_MINUTE_S) as simulated,
        av.open(str(shot.path("mp4")), "w", format="mp4") as container,
    ):
        stream = container.add_stream("libx264", rate=FPS / EVERY, options=X264_OPTIONS)
        stream.width, stream.height = IMAGE_SIZE
        stream.pix_fmt, stream.gop_size = "yuv420p", 25 // EVERY
        for number in range(int(shot.until_s * FPS)):
            if number % EVERY:
                simulated.skip()
                continue
            frame = simulated.next_frame()
            on_frame(frame)
            picture = av.VideoFrame.from_ndarray(frame.yuv, format="yuv420p")
            picture.pts, picture.time_base = number // EVERY, Fraction(EVERY) / FPS
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        shot.path("camera.json").write_text(json.dumps(simulated.geometry), encoding="utf-8")
        truth = ground_truth_json(simulated.recorder.ground_truth()) | {"gates": simulated.geometry["gates"]}
    about = {"clip": shot.path("mp4").name, "fps": float(FPS / EVERY), "width": IMAGE_SIZE[0], "height": IMAGE_SIZE[1]}
    shot.path("truth.json").write_text(json.dumps(about | truth), encoding="utf-8")


AnalysedFrame = tuple[float, Tracks, SightEvidence | None]
"""Time (s of the simulation), tracks and evidence of sight of one frame."""


def perceive(shot: Shot) -> list[AnalysedFrame]:
    """Detect and track in the video of a shot, with the motion gate as in live cameras."""
    camera = read_geometry(shot.path("camera.json")).camera(shot.site, IMAGE_SIZE)
    perception = CameraPerception(camera, choose_roi(camera), gating=True)
    detector = open_detector(DEMO_CITY, device="cpu", simulated=True)
    found: list[AnalysedFrame] = []
    try:
        with av.open(str(shot.path("mp4"))) as container:
            for number, picture in enumerate(container.decode(video=0)):
                t = float((number * EVERY + 1) / FPS)
                request = perception.plan(TimedFrame(t, picture))
                detections = None if request.image is None else detector.submit(request.image).result()
                perceived = perception.complete(request, detections)
                found.append((t, perceived.tracks, perceived.sight))
    finally:
        detector.close()
    return found


def analyse(shot: Shot, frames: Iterable[AnalysedFrame]) -> list[Fact]:
    """Facts of the frames. Their times are seconds of the clock, which is `INTO_MINUTE_S` ahead of the simulation."""
    analyzer = CameraAnalyzer(read_geometry(shot.path("camera.json")).camera(shot.site, IMAGE_SIZE))
    facts: list[Fact] = []
    for t, tracks, sight in frames:
        facts += analyzer.observe(t + INTO_MINUTE_S, tracks, sight)
    return facts + analyzer.finish(shot.until_s + INTO_MINUTE_S)


def score(shot: Shot, facts: Sequence[Fact]) -> CameraScore:
    """Scores of the facts, as `evaluate-city` scores the rows of its database."""
    incidents = {fact.number: fact for fact in _in_simulation(facts) if isinstance(fact, Incident)}
    stored = StoredResults(
        crossings=tuple(fact for fact in _in_simulation(facts) if isinstance(fact, Crossing)),
        intervals=tuple(fact for fact in _in_simulation(facts) if isinstance(fact, ZoneInterval)),
        incidents=tuple(incidents.values()),
        observed=tuple(
            ObservedSpan(start_s=fact.start_s, end_s=fact.start_s + OBSERVED_SPAN_S, observed_s=fact.observed_s)
            for fact in _in_simulation(facts)
            if isinstance(fact, Coverage)
        ),
        analysed_fps=float(FPS / EVERY),
    )
    truth = read_ground_truth(shot.path("truth.json")).ground_truth()
    return score_camera(shot.site, stored, truth, WARM_UP_S, shot.until_s)


def _in_simulation(facts: Iterable[Fact]) -> Iterator[Any]:
    """Facts with their times in seconds of the simulation."""
    for fact in facts:
        times = {
            name: value - INTO_MINUTE_S
            for name in ("t", "start_s", "detected_s", "end_s")
            if (value := getattr(fact, name, None)) is not None
        }
        yield replace(fact, **times)


def tracks_of(shot: Shot) -> list[AnalysedFrame]:
    """Tracks of a shot: from its file, or rendered and detected now."""
    if not shot.path("truth.json").exists():
        render(shot)
    if not shot.path("tracks").exists():
        shot.path("tracks").write_bytes(pickle.dumps(perceive(shot)))
    frames: list[AnalysedFrame] = pickle.loads(shot.path("tracks").read_bytes())
    return frames


def scored(shot: Shot) -> CameraScore:
    """Render, detect, analyse and score a shot, as far as that was not done before."""
    return score(shot, analyse(shot, tracks_of(shot)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--point", dest="sites", action="append", required=True)
    parser.add_argument("--seed", type=int, action="append", required=True)
    parser.add_argument("--minutes", type=int, default=6)
    parser.add_argument("--light", choices=[light.value for light in Light])
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    shots = [shot for s in arguments.seed for shot in shots_of(arguments.sites, s, arguments.minutes, arguments.light)]
    with ProcessPoolExecutor(arguments.processes) as pool:
        scores = list(pool.map(scored, shots))
    report = scores_json(scores)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    for shot, row in zip(shots, report["by_camera"], strict=True):
        right = row["zone_minutes"] - len(row["wrong_levels"])
        figures = f"levels {right}/{row['zone_minutes']}, F1 {row['f1']}, speed error {row['speed_error']}"
        alerts = f"incidents missed {row['incidents_missed']}, false {row['false_alarms']}"
        print(f"{shot.site} {shot.seed}: {figures}, {alerts}")
        for kind in ("wrong_levels", "missed_incidents", "wrong_alerts"):
            for found in row[kind]:
                print(f"  {kind}: {found}")
    print(f"all: levels {report['level_agreement']} of {report['zone_minutes']}, F1 {report['f1']}")


if __name__ == "__main__":
    main()
