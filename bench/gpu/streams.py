"""Live cameras of the production worker: how many are held at 5 analysed frames a second each."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec

from bench.gpu.camera_images import NEEDS_AV, clip_folder, has_av
from bench.gpu.gpu_options import GpuOptions
from bench.gpu.part_result import NotPossibleHere, Row
from pipelines.errors import UserError

START_S = 25.0
"""Time (s) of a run beside its settling and measurement: start of worker and server, and their end [assumption]."""

SERVER = "aio_rtsp_toolkit"
"""Module of the RTSP server."""


def measure(options: GpuOptions) -> Iterator[Row]:
    """Yield a row for each number of cameras until one is not held, then the largest held one with decoding on the GPU.

    Raises NotPossibleHere without PyAV or the RTSP server.
    """
    if not has_av():
        raise NotPossibleHere(NEEDS_AV)
    if find_spec(SERVER) is None:
        raise NotPossibleHere("needs the RTSP server; install the package aio-rtsp-toolkit")
    from pipelines.ingest.hw_decode import self_test  # noqa: PLC0415 - needs PyAV

    runs = _Runs(options)
    held: int | None = None
    for cameras in options.extent.cameras:
        if held is not None and options.left_s() < runs.run_s:
            yield {"cameras": cameras, "note": "not tried: no time is left; give --minutes"}
            break
        try:
            row = runs.row(cameras, None)
        except UserError as error:
            if held is None:
                raise
            yield {"cameras": cameras, "held": 0, "note": str(error)}
            break
        yield row
        if row["held"] < cameras:
            break
        held = cameras
    problem = self_test("cuda")
    if held is not None and not problem and options.left_s() >= runs.run_s:
        yield runs.row(held, "cuda")


class _Runs:
    """Runs of the worker over the same clips and baselines."""

    def __init__(self, options: GpuOptions) -> None:
        from pipelines.capacity.clips import prepare_clips  # noqa: PLC0415 - needs PyAV
        from pipelines.capacity.run import baselines_for  # noqa: PLC0415

        self._options = options
        self._weights = str(options.weights)
        self._clips = prepare_clips(clip_folder(options), options.work / "clips")
        progress(f"{len(self._clips)} clips: moving traffic")
        self._baselines = baselines_for(self._clips, self._weights, None, device=options.device)

    @property
    def run_s(self) -> float:
        """Length of one run in seconds."""
        return START_S + self._options.extent.settle_s + self._options.extent.stream_s

    def row(self, cameras: int, decoder: str | None) -> Row:
        """Return the figures of one run. A camera is held where it meets all conditions of `simpang bench-capacity`."""
        from pipelines.capacity.assessment import assess  # noqa: PLC0415 - needs PyAV
        from pipelines.capacity.run import measure as run_worker  # noqa: PLC0415

        progress(f"{cameras} cameras, decoded on the {'CPU' if decoder is None else 'GPU'}")
        record = run_worker(
            self._clips,
            cameras,
            self._options.extent.stream_s,
            self._weights,
            settle_s=self._options.extent.settle_s,
            device=self._options.device,
            hardware_decoder="cuda" if decoder else None,
        )
        result = assess(record, self._baselines)
        busiest = max(result.worker_cpu_by_task.items(), key=lambda item: item[1], default=("none", 0.0))
        moving = result.min_analysed_fps_moving
        failed = ", ".join(f"{name}: {count}" for name, count in result.failed.items())
        note = "; ".join(
            part for part in ("" if moving is not None else "no traffic moves in these clips", failed) if part
        )
        return {
            "cameras": cameras,
            "held": sum(not camera.failed for camera in result.per_camera),
            "decoder": "NVDEC" if decoder else "CPU",
            "analysed/s, least": moving,
            "analysed/s, all": result.total_analysed_fps,
            "through the network": round(1 - result.skipped_share, 3),
            "age p95, ms": result.worst_age_p95_ms,
            "worker CPU": result.worker_cpu,
            "busiest threads": f"{busiest[0]} {busiest[1]:.2f}",
            "host MB": result.worker_mb,
            "device MB": record.device_mb,
            "note": note,
        }


def progress(text: str) -> None:
    """Print a line of progress to standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)
