"""Brief measurement of this machine: a run with few cameras, then one with as many as the first suggests."""

from pathlib import Path

from models.detection.cpu import available_cores
from pipelines.capacity.assessment import CapacityResult, assess
from pipelines.capacity.clips import prepare_clips
from pipelines.capacity.purchase import cameras_held
from pipelines.capacity.run import ProgressCallback, baselines_for, measure

TRAFFIC = Path(__file__).parent / "traffic"
"""Folder of a clip of 12 s with dense traffic by day. [source: simulator.cameras.render_video, site engku-putri-utara,
seed 3, demand 1.2, encoded by pipelines.capacity.clips]"""

FIRST_CAMERAS_EACH = 3
"""Cameras of the first run for each core, which every machine of the last ten years holds. [assumption]"""

MOST_CAMERAS = 256
"""Most cameras of the second run. [assumption: enough for a server with 64 cores]"""

SETTLE_S = 18.0
"""Time (s) before a run is measured, in which cameras learn their input scale. [assumption: dense traffic]"""

MEASURED_S = 15.0
"""Length (s) of a run; both together take about 100 s. [assumption]"""


def measure_machine(clips: Path, weights: str | None, cache: Path, on_progress: ProgressCallback) -> CapacityResult:
    """Return the figures of the run that decides how many cameras this machine holds. clips: folder of traffic video.

    Raises UserError where the RTSP server is not installed, the folder has no video, or the worker fails.
    """
    on_progress("preparing the clips")
    prepared = prepare_clips(clips, cache)
    baselines = baselines_for(prepared, weights, cache, on_progress)

    def run(cameras: int) -> CapacityResult:
        on_progress(f"{cameras} cameras for {SETTLE_S + MEASURED_S:g} s")
        return assess(measure(prepared, cameras, MEASURED_S, weights, settle_s=SETTLE_S), baselines)

    first = run(FIRST_CAMERAS_EACH * available_cores())
    suggested = int(min(MOST_CAMERAS, max(1.0, cameras_held(first).value)))
    return first if suggested == first.cameras else run(suggested)
