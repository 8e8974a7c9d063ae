"""One run of the capacity benchmark: an RTSP server and worker processes for a number of cameras."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from models.weights.resolver import resolve_weights
from pipelines.analysis.detector_factory import open_detector
from pipelines.capacity.baseline import Baseline, baseline_for, clip_roi
from pipelines.capacity.clips import PreparedClip
from pipelines.capacity.plan import PlaybackPlan
from pipelines.capacity.records import RunRecord, merged
from pipelines.capacity.worker_under_test import START_WITHIN_S, RunSpec
from pipelines.config.settings import HardwareDecoder
from pipelines.errors import UserError
from pipelines.worker.child_process import free_port, last_line, running_process, running_server
from pipelines.worker.process_plan import process_count, threads_each

SCALE_LEARNING_S = 30.0
"""Seconds in which a camera learns its input scale (`models.gating.input_scale`), once after its start [assumption].

A measurement that starts earlier includes the greater cost of that time.
"""

SERVER_START_S = 30.0
"""Longest start (s) of the RTSP server, which reads all clips first [assumption]."""

WORKER_OVERHEAD_S = 60.0
"""Longest time (s) to load the model and to end the worker on an overloaded machine [assumption]."""

ProgressCallback = Callable[[str], None]
"""Receives one line about the step that starts."""


def require_server() -> None:
    """Raise UserError where the RTSP server is not installed."""
    if find_spec("aio_rtsp_toolkit") is None:
        raise UserError("the RTSP server that plays the clips is not installed; install simpang[demo]")


def baselines_for(
    clips: Sequence[PreparedClip],
    weights: str | None,
    cache: Path | None,
    on_progress: ProgressCallback = lambda _: None,
    *,
    refresh: bool = False,
    device: str = "auto",
) -> dict[str, Baseline]:
    """Return the baselines by name of clip. cache, refresh: see `baseline_for`. device: of the detector."""
    baselines = {}
    image_size = clip_roi(clips[0]).window[2:]
    with closing(open_detector(weights, device=device, image_size=image_size)) as detector:
        path = resolve_weights(weights)
        for clip in clips:
            on_progress(f"{clip.name}: crossings and moving traffic")
            baselines[clip.name] = baseline_for(clip, detector, cache, weights=path, refresh=refresh)
    return baselines


def measure(
    clips: Sequence[PreparedClip],
    cameras: int,
    seconds: float,
    weights: str | None,
    *,
    settle_s: float,
    inference: bool = True,
    analysis_fps: float | None = None,
    device: str = "auto",
    hardware_decoder: HardwareDecoder | None = None,
    processes: int | None = None,
) -> RunRecord:
    """Serve the clips as `cameras` cameras and record their analysis. Raises UserError where a process cannot start.

    processes: that share the cameras; by default as `simpang run` has them. The other arguments: see
    `pipelines.capacity.worker_under_test.RunSpec`.
    """
    require_server()
    plan = PlaybackPlan.of(clips, cameras, time.time())
    geometry = {clip.name: clip.geometry for clip in clips}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(plan, folder) as (port, server):
            count = process_count(cameras, wanted=processes)
            specs = [
                RunSpec(
                    plan=share,
                    threads=threads_each(count),
                    geometry=geometry,
                    port=port,
                    server=server,
                    weights=weights,
                    settle_s=settle_s,
                    seconds=seconds,
                    inference=inference,
                    analysis_fps=analysis_fps,
                    device=device,
                    hardware_decoder=hardware_decoder,
                )
                for share in plan.shared_out(count)
            ]
            return merged(_run_workers(specs, folder))


@contextmanager
def served(plan: PlaybackPlan, folder: Path) -> Iterator[tuple[int, int]]:
    """Serve the cameras of the plan; yield port and process id of the RTSP server. folder: for its files."""
    plan_file, port = folder / "plan.json", free_port()
    plan_file.write_text(plan.to_json())
    command = [sys.executable, "-m", "pipelines.capacity.rtsp_loop_server", str(plan_file), str(port)]
    with running_server("the RTSP server", command, port, log=folder / "rtsp.log", within_s=SERVER_START_S) as server:
        yield port, server.pid


def _run_workers(specs: Sequence[RunSpec], folder: Path) -> list[RunRecord]:
    """Run the worker processes at once. Raises UserError where one fails or does not end."""
    deadline = time.monotonic() + START_WITHIN_S + specs[0].settle_s + specs[0].seconds + WORKER_OVERHEAD_S
    with ExitStack() as stack:
        children = []
        for number, spec in enumerate(specs):
            spec_file, out, log = (folder / f"{name}-{number}" for name in ("run.json", "record.json", "worker.log"))
            spec_file.write_text(spec.model_dump_json())
            command = [sys.executable, "-m", "pipelines.capacity.worker_under_test", str(spec_file), str(out)]
            children.append((stack.enter_context(running_process(command, log=log)), out, log))
        records = []
        for child, out, log in children:
            try:
                status = child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired as error:
                cameras = sum(len(spec.plan.cameras) for spec in specs)
                raise UserError(
                    f"the worker did not end: {cameras} cameras are far too many here; try fewer"
                ) from error
            if status != 0:
                raise UserError(f"the worker failed: {last_line(log)}")
            records.append(RunRecord.model_validate_json(out.read_text()))
        return records
