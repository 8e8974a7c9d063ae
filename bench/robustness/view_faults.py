"""Detection of camera faults in real clips: a camera that is turned, blurred, covered, darkened or frozen.

`python -m bench.robustness.view_faults ../shared/clips` plays each clip in a loop: two minutes unchanged, one minute
with a fault, one minute unchanged. It also plays each for ten minutes under changes that are no fault: nightfall,
street lights that go out, rain, wind. Clips are scaled to 480 pixels. A margin is cropped, so that a turned camera has
content.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from pipelines.analysis.view_gate import ViewGate, ViewQuality
from pipelines.events.condition import Condition

Grey = NDArray[np.uint8]
"""Image (H, W) of grey values."""
Change = Callable[[Grey, float], Grey]
"""From an image with its margin, and the time in seconds, to the image of the camera."""

LONG_SIDE = 480
"""Longer side of the scaled clip, in pixels [assumption]."""
MARGIN = 0.12
"""Share of the image at each side that an unchanged camera does not show [assumption]."""
STEP_S = 1.0
"""Time between two images, in seconds [assumption]."""
WHOLE_S, FAULTY_S, AGAIN_S = 121.0, 60.0, 60.0  # seconds before, with and after the fault [assumption]
QUIET_S = 600.0
"""Length of a run without a fault, in seconds [assumption]."""
# Sensor noise of successive images, in grey values, standard deviation 1.2 [assumption].
GRAIN = np.random.default_rng(5).normal(0, 1.2, (61, LONG_SIDE, LONG_SIDE)).astype(np.int16)


def view(picture: Grey, du: float = 0.0, dv: float = 0.0, turn_deg: float = 0.0, zoom: float = 1.0) -> Grey:
    """Return the image of a camera whose aim is off. du, dv: shares of the frame; zoom: factor."""
    height, width = picture.shape
    size = round(width * (1 - 2 * MARGIN)) // 2 * 2, round(height * (1 - 2 * MARGIN)) // 2 * 2
    aim = width / 2 + du * size[0], height / 2 + dv * size[1]
    matrix = cv2.getRotationMatrix2D(aim, turn_deg, zoom)
    matrix[:, 2] += np.array(size) / 2 - aim
    return np.asarray(cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT), np.uint8)


def lit(picture: Grey, gain: float, offset: float = 0.0, noise: float = 1.0) -> Grey:
    grain = np.random.default_rng(int(picture[::7, ::7].sum())).normal(0, noise, picture.shape)
    return np.asarray((gain * picture + offset + grain).clip(0, 255), np.uint8)


def blurred(picture: Grey, sigma: float) -> Grey:
    return np.asarray(cv2.GaussianBlur(view(picture), (0, 0), sigma), np.uint8)


def covered(picture: Grey, share: float) -> Grey:
    hidden = view(picture).copy()
    hidden[:, : round(share * hidden.shape[1])] = 90
    return np.asarray(cv2.GaussianBlur(hidden, (0, 0), 2), np.uint8)


# Each fault with the status that is expected [assumption].
FAULTS: dict[str, tuple[str, Change]] = {
    "shifted 3%": ("moved", lambda p, _: view(p, du=0.03)),
    "shifted 5%": ("moved", lambda p, _: view(p, du=0.04, dv=0.03)),
    "shifted 10%": ("moved", lambda p, _: view(p, du=-0.08, dv=0.06)),
    "turned 3 deg": ("moved", lambda p, _: view(p, turn_deg=3)),
    "turned 5 deg": ("moved", lambda p, _: view(p, turn_deg=-5)),
    "turned 15 deg": ("moved", lambda p, _: view(p, turn_deg=15)),
    "zoomed 1.15": ("moved", lambda p, _: view(p, zoom=1.15)),
    "aimed elsewhere": ("moved", lambda p, _: np.ascontiguousarray(view(p)[:, ::-1])),
    "blurred, 3 px": ("blurred", lambda p, _: blurred(p, 3)),
    "blurred, 6 px": ("blurred", lambda p, _: blurred(p, 6)),
    "covered by half": ("covered", lambda p, _: covered(p, 0.55)),
    "covered by 3/4": ("covered", lambda p, _: covered(p, 0.75)),
    "covered wholly": ("covered", lambda p, _: lit(np.full_like(view(p), 80), 1)),
    "dark": ("dark", lambda p, _: lit(view(p), 0.04, 5)),
    "washed out": ("washed_out", lambda p, _: lit(view(p), 0.15, 220)),
}


def nightfall(picture: Grey, t: float) -> Grey:
    """Darken from day to a dark, noisy image within seven minutes, as near the equator."""
    dusk = min(1.0, t / 420)
    return lit(view(picture), 1 - 0.65 * dusk, 0, 1 + 4 * dusk)


def lights_out(picture: Grey, t: float) -> Grey:
    return lit(view(picture), 0.45 if 200 < t < 400 else 1.0, 0, 2)


def exposure(picture: Grey, t: float) -> Grey:
    """Change the exposure in steps, as a passing bus causes with automatic exposure."""
    return lit(view(picture), float(np.random.default_rng(int(t / 4)).uniform(0.75, 1.25)))


def rain(picture: Grey, t: float) -> Grey:
    """Add streaks and drops on the lens that come and go, and reduce the contrast."""
    seen = lit(view(picture), 0.7, 45, 3)
    rng = np.random.default_rng(int(t * 10))
    for u, v in rng.integers(0, seen.shape[::-1], (120, 2)):
        cv2.line(seen, (int(u), int(v)), (int(u) + 2, int(v) + 14), 190, 1)
    drops = np.random.default_rng(int(t / 20))
    for u, v, radius in drops.integers((0, 0, 6), (*seen.shape[::-1], 22), (8, 3)):
        patch = seen[max(0, v - radius) : v + radius, max(0, u - radius) : u + radius]
        if patch.size:
            patch[:] = cv2.GaussianBlur(patch, (0, 0), 5)
    return seen


def wind(picture: Grey, t: float) -> Grey:
    du, dv, turn = np.random.default_rng(int(t * 10)).normal(0, (0.004, 0.004, 0.3))
    return view(picture, du, dv, turn)


def glare(picture: Grey, t: float) -> Grey:
    """Add the glare of a lamp or a low sun in a corner, which comes and goes."""
    seen = view(picture).astype(np.float32)
    v, u = np.mgrid[: seen.shape[0], : seen.shape[1]]
    near = np.exp(-np.hypot(u - 0.8 * seen.shape[1], v - 0.1 * seen.shape[0]) / (0.25 * seen.shape[1]))
    return np.asarray((seen + 230 * near * max(0.0, np.sin(t / 40))).clip(0, 255), np.uint8)


def night(picture: Grey, t: float) -> Grey:
    """Switch to night between two frames, as a change to infrared does: black sky, road lit from the mast."""
    if not 200 < t < 400:
        return view(picture)
    seen = view(picture).astype(np.float32)
    v, u = np.mgrid[: seen.shape[0], : seen.shape[1]]
    sky = (seen > np.quantile(seen, 0.75)) & (v < 0.45 * seen.shape[0])
    off = np.hypot(u / seen.shape[1] - 0.5, v / seen.shape[0] - 0.9)
    road = 20 + 0.75 * seen * np.exp(-((off / 0.6) ** 2))
    return lit(np.where(sky, 12, road).astype(np.uint8), 1.0, 0, 4)


# Changes that must raise no alarm [assumption].
NO_FAULTS: dict[str, Change] = {
    "as it is": lambda p, _: view(p),
    "nightfall": nightfall,
    "street lights out": lights_out,
    "exposure": exposure,
    "rain": rain,
    "wind": wind,
    "glare": glare,
    "night at once": night,
}


@dataclass(frozen=True, slots=True)
class Clip:
    """Images of a clip, `step_s` seconds apart, played in a loop."""

    name: str
    pictures: tuple[Grey, ...]
    step_s: float

    def at(self, t: float) -> Grey:
        return self.pictures[int(t / self.step_s) % len(self.pictures)]


def read(path: Path) -> Clip:
    """Read about 60 evenly spaced images of a clip."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        expected = stream.frames or round(float(container.duration or 0) / av.time_base * rate)
        step = max(1, expected // 60)
        scale = LONG_SIDE / max(stream.width, stream.height)
        size = round(stream.width * scale), round(stream.height * scale)
        pictures = tuple(
            frame.reformat(*size, format="gray", interpolation="AREA").to_ndarray().astype(np.uint8)
            for number, frame in enumerate(container.decode(stream))
            if number % step == 0
        )
    return Clip(path.stem, pictures, step / rate)


def assessed(
    camera: ViewGate, clip: Clip, change: Change, begin: float, end: float
) -> Iterator[tuple[float, ViewQuality]]:
    """Yield the time and the assessment of each image of a changed clip."""
    for t in np.arange(begin, end, STEP_S).tolist():
        image = change(clip.at(t), t)
        grain = GRAIN[int(t / STEP_S) % len(GRAIN)][: image.shape[0], : image.shape[1]]
        noisy = cv2.add(image, grain, dtype=cv2.CV_8U)
        yield t, camera.update(t, VideoFrame.from_ndarray(np.asarray(noisy, np.uint8), format="gray"))


def assessed_frozen(camera: ViewGate, clip: Clip, begin: float, end: float) -> Iterator[tuple[float, ViewQuality]]:
    """Yield the time and the assessment of a repeated image."""
    frozen = VideoFrame.from_ndarray(view(clip.at(begin)), format="gray")
    for t in np.arange(begin, end, STEP_S).tolist():
        yield t, camera.update(t, frozen)


def reported_fault(quality: ViewQuality, camera: ViewGate) -> str:
    """Return the name of the reported fault, empty without one."""
    if quality.condition is None:
        return ""
    return "frozen" if quality.condition.code is Condition.FROZEN else camera.report.state.value


def try_fault(clip: Clip, name: str) -> dict[str, object]:
    """Return the row of one clip and fault: times of withholding, report and recovery, in seconds after the change."""
    camera = ViewGate(30.0)
    kind, change = FAULTS.get(name, ("frozen", NO_FAULTS["as it is"]))
    false = sum(reported_fault(f, camera) != "" for _, f in assessed(camera, clip, NO_FAULTS["as it is"], 0, WHOLE_S))
    end = WHOLE_S + FAULTY_S
    faulty = (
        assessed_frozen(camera, clip, WHOLE_S, end)
        if kind == "frozen"
        else assessed(camera, clip, change, WHOLE_S, end)
    )
    withheld_s = reported_s = None
    slipped, names = 0, []
    for t, quality in faulty:
        if not quality.usable and withheld_s is None:
            withheld_s = t - WHOLE_S
        if withheld_s is not None:
            slipped += quality.usable
        if (fault := reported_fault(quality, camera)) and reported_s is None:
            reported_s = t - WHOLE_S
        names.append(fault)
    recovered_s = None
    for t, quality in assessed(camera, clip, NO_FAULTS["as it is"], end, end + AGAIN_S):
        if quality.usable and quality.condition is None and recovered_s is None:
            recovered_s = t - end
    return {
        "clip": clip.name,
        "fault": name,
        "kind": kind,
        "false_before": false,
        "withheld_after_s": withheld_s,
        "reported_after_s": reported_s,
        "reported_as": names[-1],
        "slipped_through_s": slipped * STEP_S,
        "recovered_after_s": recovered_s,
    }


def try_quiet(clip: Clip, name: str) -> dict[str, object]:
    """Return the row of one clip without a fault: false alarms, and seconds without measures."""
    camera = ViewGate(30.0)
    alarms, withheld, before = 0, 0, ""
    for _, quality in assessed(camera, clip, NO_FAULTS[name], 0, QUIET_S):
        now = reported_fault(quality, camera)
        alarms += now != "" and before == ""
        withheld += not quality.usable
        before = now
    return {"clip": clip.name, "scene": name, "false_alarms": alarms, "withheld_s": withheld * STEP_S}


def median(values: list[object]) -> str:
    known = [float(str(value)) for value in values if value is not None]
    return f"{np.median(known):.1f}" if known else "-"


def print_tables(faults: list[dict[str, object]], quiet: list[dict[str, object]]) -> None:
    console = Console(width=120)
    table = Table(
        *("fault", "reported", "as expected", "withheld after s", "reported after s", "longest", "recovered after s")
    )
    for name in dict.fromkeys(str(row["fault"]) for row in faults):
        rows = [row for row in faults if row["fault"] == name]
        hit = [row for row in rows if row["reported_after_s"] is not None]
        longest = max((float(str(row["reported_after_s"])) for row in hit), default=0.0)
        table.add_row(
            name,
            f"{len(hit)} of {len(rows)}",
            str(sum(row["reported_as"] == row["kind"] for row in rows)),
            median([row["withheld_after_s"] for row in rows]),
            median([row["reported_after_s"] for row in rows]),
            f"{longest:.1f}",
            median([row["recovered_after_s"] for row in rows]),
        )
    console.print(table)
    table = Table("no fault", "minutes", "false alarms", "withheld, s")
    for name in dict.fromkeys(str(row["scene"]) for row in quiet):
        rows = [row for row in quiet if row["scene"] == name]
        minutes = len(rows) * QUIET_S / 60
        alarms = sum(int(str(row["false_alarms"])) for row in rows)
        table.add_row(name, f"{minutes:.0f}", str(alarms), f"{sum(float(str(row['withheld_s'])) for row in rows):.0f}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--only", default="", help="clips whose name contains this")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    clips = [read(path) for path in sorted(arguments.clips.glob("*.mp4")) if arguments.only in path.stem]
    if not clips:
        sys.exit(f"{arguments.clips}: contains no .mp4; give a folder of clips")
    faults: list[dict[str, object]] = []
    quiet: list[dict[str, object]] = []
    for clip in clips:
        faults += [try_fault(clip, name) for name in [*FAULTS, "frozen"]]
        quiet += [try_quiet(clip, name) for name in NO_FAULTS]
        if arguments.json:
            arguments.json.write_text(json.dumps({"faults": faults, "quiet": quiet}, indent=1))
    print_tables(faults, quiet)


if __name__ == "__main__":
    main()
