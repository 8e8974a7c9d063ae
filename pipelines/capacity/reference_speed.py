"""Speed of ultralytics' ObjectCounter on this machine: the unit in which capacities of machines and days compare."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from pipelines.capacity.clips import videos_in
from pipelines.errors import UserError

REFERENCE_CLIP = "nl_highway"
"""Clip that ObjectCounter counts where the folder has it: a motorway by day, 1280x720, 335 frames [assumption]."""

GATE = "0,180,640,180"
"""Ends of the gate, pixels of the clip; where it lies does not change the speed [assumption]."""

SCRIPT = Path(__file__).with_name("objectcounter.py")
"""The program that counts the clip."""

COUNT_WITHIN_S = 600.0
"""Longest time (s) to count the clip [assumption: far above that of a clip of a minute]."""

REQUIRED = ("ultralytics", "shapely", "lap")
"""Packages that ObjectCounter needs [source: its imports]; the extra `yolo` has them."""


def is_installed() -> bool:
    """Return whether ObjectCounter can run here."""
    return all(find_spec(package) is not None for package in REQUIRED)


def reference_clip(folder: Path) -> Path:
    """Return the video named `REFERENCE_CLIP` in a folder, else the first one. Raises UserError for a folder without.

    Only clips of one name compare between machines.
    """
    videos = videos_in(folder)
    return next((path for path in videos if path.stem == REFERENCE_CLIP), videos[0])


def objectcounter_fps(clip: Path, weights: Path) -> float:
    """Return the frames of the clip a second that ObjectCounter counts, in a process of its own.

    weights: a `.pt` file or the folder of an exported network. Raises UserError where it fails.
    """
    command = [sys.executable, str(SCRIPT), str(clip.resolve()), str(weights.resolve()), GATE]
    remedy = "leave it out with --without-reference"
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=COUNT_WITHIN_S)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise UserError(f"ObjectCounter counts {clip.name} for over {COUNT_WITHIN_S:g} s; {remedy}") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise UserError(f"ObjectCounter fails on {clip.name} ({reason}); {remedy}")
    return float(json.loads(done.stdout.strip().splitlines()[-1])["fps"])
