"""Planted faults that are found within a day of data, and false flags, on synthetic cameras."""

from collections import Counter
from dataclasses import replace

import numpy as np

from analytics.planning.local_hours import Floats
from analytics.planning.quality.camera_days import HISTORY_DAYS, QUARTERS_OF_DAY, CameraDays
from analytics.planning.quality.examination import Fault, examine_day
from bench.planner.synthetic_camera import SHARES, SyntheticCamera
from bench.planner.usual_day_score import SEED, cameras, holidays

GATES = ("utara", "selatan", "timur")
"""Gates of each camera."""
FIRST_QUARTER, LAST_QUARTER = 24, 88
"""Quarters between which short faults begin: 6 and 22 h. At night half an hour without a vehicle is no fault."""
LEAST_OF_CLASS = 30
"""Vehicles a day from which a class can go: of fewer, a day without one is chance."""
SHIFTS = (0.6, 1.6)
"""Factors of a shift of the level, as after a camera was moved."""


def camera_days(camera: SyntheticCamera) -> CameraDays:
    return CameraDays(camera.dates, camera.counts, GATES, tuple(SHARES))


def false_flags(number: int = 12, *, every: int = 1) -> dict[str, float]:
    """Examine the days of a year of cameras without faults; return the flags in 100 camera-weeks, and on holidays."""
    flags: Counter[str] = Counter()
    days, on_holidays = 0, 0
    for camera in cameras(number, seed=SEED + 2, gates=len(GATES)):
        made = camera_days(camera)
        for day in range(len(made.dates) - 365, len(made.dates), every):
            found = examine_day(made, day, holidays())
            flags.update(str(finding.fault) for finding in found)
            on_holidays += len(found) * bool(np.isin(made.dates[day], holidays()))
            days += 1
    return {
        "camera_weeks": round(days / 7, 1),
        "false_flags_per_100_camera_weeks": round(100 * flags.total() / (days / 7), 2),
        "false_flags_on_holidays": on_holidays,
        **{f"false_{fault}": n for fault, n in sorted(flags.items())},
    }


def found_faults(number: int = 24, *, each: int = 2) -> dict[str, float]:
    """Plant each fault on random days of the last year of cameras; return the share that their first day shows.

    Faults that last begin at midnight. A day of which half was not observed is not chosen.
    """
    found: Counter[Fault] = Counter()
    planted: Counter[Fault] = Counter()
    for k, camera in enumerate(cameras(number, seed=SEED + 3, gates=len(GATES))):
        made = camera_days(camera)
        rng = np.random.default_rng([SEED, k, 3])
        for fault in Fault:
            for _ in range(each):
                day = int(rng.integers(len(made.dates) - 365, len(made.dates) - 1))
                if np.isnan(made.counts[day, :, 0, 0]).mean() > 0.5:
                    continue
                window = slice(max(0, day - 400), day + 2)
                counts = made.counts[window].copy()
                keys = plant(rng, fault, counts, len(counts) - 2)
                if keys is None:
                    continue
                faulty = replace(made, dates=made.dates[window], counts=counts)
                shown = examine_day(faulty, len(counts) - 2, holidays())
                planted[fault] += 1
                found[fault] += any(finding.key in keys for finding in shown)
    shares = {f"found_{fault}_pct": round(100 * found[fault] / max(planted[fault], 1), 1) for fault in Fault}
    return {
        "planted_faults": planted.total(),
        "found_faults_pct": round(100 * found.total() / planted.total(), 1),
        **shares,
    }


def plant(
    rng: np.random.Generator, fault: Fault, counts: Floats, day: int
) -> set[tuple[str, str | None, str | None]] | None:
    """Change the counts from a day on, or within it; return the keys of findings that name the fault.

    None where the day does not allow it, such as a class that is too rare.
    """
    gate = int(rng.integers(len(GATES)))
    name, later = GATES[gate], counts[day:]
    match fault:
        case Fault.ZERO:
            later[:, :, gate] *= 0
        case Fault.LEVEL_SHIFT:
            later[:, :, gate] = _thinned(rng, later[:, :, gate], float(rng.choice(SHIFTS)))
        case Fault.CLASS_GONE:
            usual = np.nanmean(counts[day - HISTORY_DAYS : day, :, gate].sum(axis=1), axis=0)
            frequent = np.flatnonzero(usual >= LEAST_OF_CLASS)
            gone = int(rng.choice(frequent))
            if rng.random() < 0.5:  # taken for another class
                later[:, :, gate, (gone + 1) % len(SHARES)] += later[:, :, gate, gone]
            later[:, :, gate, gone] *= 0
            return {(fault, name, tuple(SHARES)[gone])}
        case Fault.LEGS_SWAPPED:
            second = int(rng.choice([k for k in range(len(GATES)) if k != gate]))
            later[:, :, [gate, second]] = later[:, :, [second, gate]]
            first, second = sorted((gate, second))
            return {(fault, GATES[first], GATES[second])}
        case Fault.CLOCK:
            flat = counts[day - 1 :].reshape(-1, *counts.shape[2:])
            moved = np.roll(flat, 4 * int(rng.choice([-1, 1])), axis=0)[QUARTERS_OF_DAY:]
            later[:] = moved.reshape(later.shape)
            return {(fault, None, None)}
        case Fault.GAP:
            first, part = int(rng.integers(FIRST_QUARTER, LAST_QUARTER)), rng.random()
            if np.isnan(later[0, first : first + 3]).any():
                return None
            lost = (part, 1.0, 1.0 - part)  # half an hour from any minute
            for k, share in enumerate(lost):
                later[0, first + k, gate] = _thinned(rng, later[0, first + k, gate], 1 - share)
        case Fault.DOUBLED_HOUR:
            first = 4 * int(rng.integers(FIRST_QUARTER // 4, LAST_QUARTER // 4))
            if np.isnan(later[0, first : first + 4]).any():
                return None
            later[0, first : first + 4, gate] *= 2
    return {(fault, name, None)}


def _thinned(rng: np.random.Generator, counts: Floats, share: float) -> Floats:
    """Return counts of which each vehicle is kept with a probability; above 1, of which some are counted twice."""
    seen = np.isfinite(counts)
    whole, part = int(share), share - int(share)
    made: Floats = np.where(seen, whole * counts + rng.binomial(np.nan_to_num(counts).astype(int), part), np.nan)
    return made
