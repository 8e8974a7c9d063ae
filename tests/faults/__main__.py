"""`make faults SEED=n FAULTS=m`: run the history of a seed, compare the database with the truth, print the table."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.checker import Checker, Findings
from tests.faults.city import WORKERS, City, camera_names, running_city
from tests.faults.fault_report import log, print_report, write_json
from tests.faults.group_run import GroupFigures, measure_group
from tests.faults.history_run import Record, run_history
from tests.faults.road import TrueCrossing, crossings
from tests.faults.rows import read_rows
from tests.faults.schedule import Fault, history, only
from tests.faults.shrink import shortest, suspects
from tests.support.kafka.apache import ApacheKafka, missing_part

DRAIN_S = 90.0
"""Longest time (s) after the history until everything has arrived. [assumption]"""
SETTLED_S = 10.0
"""Time (s) in which nothing more arrives once everything has. [assumption: a report takes less]"""
SHRINK_TRIES = 6
"""Runs in search of the shortest form of a failure, about a minute each. [assumption]"""


def main() -> int:
    """Return 0 where nothing is lost, doubled, unmarked or stuck; 1 otherwise."""
    options = _options()
    if missing_part():
        sys.exit(f"make faults needs Apache Kafka: {missing_part()}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = camera_names(options.cameras)
    faults = history(options.seed, options.faults, names, WORKERS)
    if options.only:
        faults = only(faults, {int(number) for number in options.only.split(",")})
    log(f"seed {options.seed}: {len(faults)} faults in {faults[-1].end_s:.0f} s, {len(names)} cameras")
    record, findings, cameras_of_worker = _run(faults, names, keep=options.keep)
    group = "left out in a run of some faults" if options.only or not options.group else _group_figures()
    measures = print_report(options.seed, record, findings, group)
    if options.json:
        write_json(options.json, measures)
    if not findings.failures:
        return 0
    command = f"make faults SEED={options.seed} FAULTS={options.faults} CAMERAS={options.cameras}"
    log(f"failed: {command}")
    if options.shrink and not options.only:
        near = suspects(record, findings.failures[0], lambda target: cameras_of_worker.get(target, ()))
        kept = shortest(
            near, lambda kept: bool(_run(only(faults, {f.number for f in kept}), names)[1].failures), SHRINK_TRIES
        )
        log("shortest form found:")
        for fault in kept:
            log(f"  {fault}")
        log(f"  {command} ONLY={','.join(str(fault.number) for fault in kept)}")
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the history")
    parser.add_argument("--faults", type=int, default=120, help="number of faults")
    parser.add_argument("--cameras", type=int, default=12, help="number of cameras")
    parser.add_argument("--only", default="", help="numbers of the faults to run alone, separated by commas")
    parser.add_argument("--json", type=Path, help="file for the measures")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false", help="do not search for the shortest form")
    parser.add_argument("--no-group", dest="group", action="store_false", help="do not measure workers in a group")
    parser.add_argument("--keep", action="store_true", help="keep logs and live video")
    return parser.parse_args()


def _run(
    faults: Sequence[Fault], names: list[str], *, keep: bool = False
) -> tuple[Record, Findings, dict[str, list[str]]]:
    folder = Path(tempfile.mkdtemp(prefix="simpang-faults-"))
    is_done = False
    try:
        with running_city(folder, names) as city:
            record = run_history(city, faults, log)
            findings = _drained(city, record)
            cameras = {name: [camera.name for camera in worker.cameras] for name, worker in city.workers.items()}
        is_done = not keep
        return record, findings, cameras
    finally:
        if is_done:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            log(f"logs: {folder}")


def _group_figures() -> GroupFigures | str:
    """Return the figures of a group of workers on a broker of its own, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="simpang-faults-") as folder:
        kafka = ApacheKafka(Path(folder) / "kafka", properties={"group.initial.rebalance.delay.ms": "1000"})
        try:
            kafka.start()
            return measure_group(Path(folder) / "group", kafka.bootstrap)
        except TimeoutError as error:
            return str(error)
        finally:
            kafka.kill()


def _drained(city: City, record: Record) -> Findings:
    """Return the findings once everything has arrived, or after DRAIN_S."""
    truth = [each for camera in city.cameras.values() for each in _crossings(camera.name, camera.epoch, record)]
    deadline, stored = time.monotonic() + DRAIN_S, -1
    while True:
        rows = read_rows(city.dsn)
        findings = Checker(record, truth, rows).check()
        # Live events overtake the backlog: all have arrived once nothing more comes after the end of the history.
        is_complete = rows.health[-1].at >= record.until and findings.stored == stored
        is_sound = not (findings.lost or findings.unmarked_gaps)
        if (is_complete and is_sound) or time.monotonic() > deadline:
            return findings
        stored = findings.stored
        time.sleep(SETTLED_S)


def _crossings(name: str, epoch: float, record: Record) -> list[TrueCrossing]:
    return crossings(name, epoch, record.since, record.until)


if __name__ == "__main__":
    sys.exit(main())
