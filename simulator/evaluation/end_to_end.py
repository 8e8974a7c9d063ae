"""End-to-end run of the simulated city: cameras over RTSP, `simpang run` as a process, and its database."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from pipelines.config.config_file import read_config
from pipelines.errors import UserError
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth
from pipelines.store.pool import open_database
from pipelines.worker.child_process import running_process
from simulator.cameras.processes import STARTUP_S, LiveCity, amend_config, live_city
from simulator.evaluation.city_scores import CameraScore, score_camera
from simulator.evaluation.database_reader import read_results
from simulator.world.sites import Site

WARM_UP_S = 30.0
"""Seconds from second 0 to the first scored minute, for streams to connect and tracks to settle [assumption]."""

QUIET_END_S = 60.0
"""Seconds at the end without a new incident, so that each can be reported (`city_scores.REPORT_DELAY_S`)."""

SIMPANG_START_LEAD_S = 10.0
"""Seconds before second 0 at which `simpang run` starts; earlier, its reconnection delay would grow [assumption]."""

STORE_DELAY_S = 8.0
"""Seconds after the last minute until all of its rows are in the database [assumption]."""

MIN_RENDERED_SHARE = 0.95
"""Share of rendered frames below which the machine is overloaded, 0..1 [assumption]."""

MINUTE_S = 60.0
"""Length of an interval, seconds."""

POLL_S = 0.5
"""Seconds between two checks of the processes [assumption]."""

Progress = Callable[[float], None]
"""Callback that receives the simulated seconds; below 0 during startup."""


@dataclass(frozen=True)
class EndToEndRun:
    """Parameters of a run. minutes: number of scored minutes. weights: of the detector, a path or a name."""

    sites: Sequence[Site]
    seed: int
    minutes: int
    folder: Path
    weights: str

    @property
    def until_s(self) -> float:
        """End of the last scored minute, seconds from second 0."""
        return WARM_UP_S + MINUTE_S * self.minutes


@dataclass(frozen=True)
class RunOutcome:
    """Scores of all cameras. rendered_share: smallest share of frames that a camera rendered in time, 0..1."""

    scores: list[CameraScore]
    rendered_share: float

    @property
    def overloaded(self) -> bool:
        """True where so many frames were skipped that the scores reflect the load of the machine."""
        return self.rendered_share < MIN_RENDERED_SHARE


def run_end_to_end(run: EndToEndRun, progress: Progress = lambda _: None) -> RunOutcome:
    """Run in real time and score. Raises UserError where a process stops early; the logs are in `run.folder`."""
    run.folder.mkdir(parents=True, exist_ok=True)
    ready_s = _first_second(time.time()) - time.time()
    scripted_s = run.until_s - QUIET_END_S
    with live_city(run.sites, run.seed, run.folder, duration_s=scripted_s, startup_s=ready_s) as city:
        amend_config(city.config, portal={"port": 0}, weights=run.weights)
        _wait(run, city, -SIMPANG_START_LEAD_S, progress)
        command = [sys.executable, "-m", "pipelines", "run", str(city.config)]
        with running_process(command, log=run.folder / "simpang.log") as simpang:
            _wait(run, city, run.until_s + STORE_DELAY_S, progress, simpang)
    return RunOutcome(_scores(run, city), min(_rendered_share(path) for path in city.truth.values()))


def _rendered_share(truth: Path) -> float:
    document = json.loads(truth.read_text(encoding="utf-8"))
    return float(document["frames"] / max(1, document["frames"] + document["skipped"]))


def _first_second(now: float) -> float:
    """Unix time of second 0: the earliest at which the warm-up ends at a full minute of the clock."""
    first_minute = (now + STARTUP_S + WARM_UP_S) // MINUTE_S + 1
    return first_minute * MINUTE_S - WARM_UP_S


def _wait(
    run: EndToEndRun, city: LiveCity, until_s: float, progress: Progress, simpang: Popen[bytes] | None = None
) -> None:
    """Wait until second `until_s`. Raises UserError where a process stops before."""
    programs = {site.id: camera for site, camera in zip(run.sites, city.cameras, strict=True)}
    if simpang is not None:
        programs["simpang"] = simpang
    while (t := time.time() - city.start_at) < until_s:
        for name, program in programs.items():
            if program.poll() is not None:
                log = run.folder / f"{name}.log"
                last_line = (log.read_text(encoding="utf-8").strip().splitlines() or [""])[-1]
                raise UserError(f"{name} stopped unexpectedly; its log is {log} and ends with: {last_line}")
        progress(t)
        time.sleep(POLL_S)


def _scores(run: EndToEndRun, city: LiveCity) -> list[CameraScore]:
    with open_database(read_config(city.config)) as pool, pool.connection() as connection:
        return [
            score_camera(
                site.id,
                read_results(connection, site.id, city.start_at, run.until_s + STORE_DELAY_S),
                read_ground_truth(city.truth[site.id]).ground_truth(),
                WARM_UP_S,
                run.until_s,
            )
            for site in run.sites
        ]
