"""Running the city as a black box: cameras over RTSP, `simpang run` in a process of its own, and its database."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from pipelines.config.settings import read_config
from pipelines.errors import UserError
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.store.pool import open_database
from pipelines.worker.child_process import running_process
from simulator.cameras.processes import GET_READY_S, LiveCity, amend_config, live_city
from simulator.evaluation.city_scores import CameraScore, judge_camera
from simulator.evaluation.database_reader import read_stored
from simulator.world.sites import Point

WARM_UP_S = 30.0
"""From second 0 until the first minute that is judged: streams are found, views and tracks settle."""

QUIET_END_S = 60.0
"""No incident is scripted to begin in so many of the last seconds: there is time to tell each (`judging.TELL_S`)."""

SIMPANG_BEFORE_S = 10.0
"""Before second 0 it starts: who asks for a stream much earlier is made to wait ever longer between attempts."""

SETTLES_S = 8.0
"""After the last minute, until all of it is in the database."""

SHOWN = 0.95
MINUTE_S = 60.0
POLL_S = 0.5

Progress = Callable[[float], None]
"""Told how many seconds have been simulated; below 0 while everything gets ready."""


@dataclass(frozen=True)
class Trial:
    """minutes: how many are judged. weights: of the detector, a path or a name."""

    points: Sequence[Point]
    seed: int
    minutes: int
    folder: Path
    weights: str

    @property
    def until_s(self) -> float:
        return WARM_UP_S + MINUTE_S * self.minutes


@dataclass(frozen=True)
class Outcome:
    """shown: share of its frames that the camera most in want of time could draw, 0..1."""

    scores: list[CameraScore]
    shown: float

    @property
    def overloaded(self) -> bool:
        """So much was left out that the figures tell about the machine."""
        return self.shown < SHOWN


def run_trial(trial: Trial, progress: Progress = lambda _: None) -> Outcome:
    """In real time. Raises UserError where a camera or Simpang itself stops early; what they said is in the folder."""
    trial.folder.mkdir(parents=True, exist_ok=True)
    ready_s = _first_second(time.time()) - time.time()
    scripted_s = trial.until_s - QUIET_END_S
    with live_city(trial.points, trial.seed, trial.folder, duration_s=scripted_s, get_ready_s=ready_s) as city:
        amend_config(city.config, portal={"port": 0}, weights=trial.weights)
        _wait(trial, city, -SIMPANG_BEFORE_S, progress)
        command = [sys.executable, "-m", "pipelines", "run", str(city.config)]
        with running_process(command, log=trial.folder / "simpang.log") as simpang:
            _wait(trial, city, trial.until_s + SETTLES_S, progress, simpang)
    return Outcome(_scores(trial, city), min(_shown(path) for path in city.truth.values()))


def _shown(truth: Path) -> float:
    said = json.loads(truth.read_text(encoding="utf-8"))
    return float(said["frames"] / max(1, said["frames"] + said["skipped"]))


def _first_second(now: float) -> float:
    """Unix time of second 0: the earliest from which the warm-up ends with a minute of the clock."""
    first_minute = (now + GET_READY_S + WARM_UP_S) // MINUTE_S + 1
    return first_minute * MINUTE_S - WARM_UP_S


def _wait(
    trial: Trial, city: LiveCity, until_s: float, progress: Progress, simpang: Popen[bytes] | None = None
) -> None:
    """Raises UserError where one of the programs stops by itself."""
    programs = {point.id: camera for point, camera in zip(trial.points, city.cameras, strict=True)}
    if simpang is not None:
        programs["simpang"] = simpang
    while (t := time.time() - city.start_at) < until_s:
        for name, program in programs.items():
            if program.poll() is not None:
                log = trial.folder / f"{name}.log"
                last_line = (log.read_text(encoding="utf-8").strip().splitlines() or [""])[-1]
                raise UserError(f"{name} stopped by itself; its log is {log} and ends with: {last_line}")
        progress(t)
        time.sleep(POLL_S)


def _scores(trial: Trial, city: LiveCity) -> list[CameraScore]:
    with open_database(read_config(city.config)) as pool, pool.connection() as connection:
        return [
            judge_camera(
                point.id,
                read_stored(connection, point.id, city.start_at, trial.until_s + SETTLES_S),
                read_ground_truth(city.truth[point.id]).ground_truth(),
                WARM_UP_S,
                trial.until_s,
            )
            for point in trial.points
        ]
