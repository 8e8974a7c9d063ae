"""Frames a second of the production detector by batch size, on images of as many cameras."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from analytics.detections import Detections
from bench.gpu.camera_images import images
from bench.gpu.gpu_options import Extent, GpuOptions
from bench.gpu.part_result import Row
from models.detection.detector import RgbImage
from models.detection.ultralytics import UltralyticsDetector
from pipelines.capacity.process_stats import BYTES_PER_MB

WARM_UP_BATCHES = 3
"""Batches before a measurement, in which memory is allocated and algorithms are chosen [assumption]."""

NEW_SIZES = 8
"""Number of image sizes that are new to the device, of which the median is reported [assumption]."""

NEW_SIZE_BATCH = 8
"""Images in a batch of a new size [assumption]."""

STRIDE = 32
"""Step of the new sizes in pixels, and least width of a crop [source: models.gating.roi.STRIDE]."""

RESULT_WITHIN_S = 120.0
"""Longest wait for the detections of one image, in seconds."""


def measure(options: GpuOptions) -> Iterator[Row]:
    """Yield the rows of torch: each batch size, then batches of sizes that are new to the device."""
    frames = images(options, max(options.extent.batches))
    backend = f"torch {'FP16' if options.on_gpu else 'FP32'}"
    for batch in options.extent.batches:
        yield batch_row(backend, options.weights, options, frames, batch)
    yield new_size_row(backend, options, frames)


def batch_row(backend: str, weights: Path, options: GpuOptions, frames: Sequence[RgbImage], batch: int) -> Row:
    """Return the figures of one batch size; where the device has too little memory, a row with that reason."""
    row: Row = {"backend": backend, "batch": batch}
    try:
        with closing(UltralyticsDetector(weights, device=options.device, max_batch=batch)) as detector:
            return row | batch_figures(detector, frames[:batch], options.extent)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return row | {"note": "the device has too little memory"}
    finally:
        release_memory()


def batch_figures(detector: UltralyticsDetector, frames: Sequence[RgbImage], extent: Extent) -> Row:
    """Return frames a second through `submit`, the time of one batch alone, and that of the network alone."""
    reset_memory_peak()
    for _ in range(WARM_UP_BATCHES):
        detector.detect(frames)
    network = network_alone(detector, frames)
    network()
    batches = [seconds_each(partial(detector.detect, frames), extent.run_s) for _ in range(extent.repeats)]
    alone = [seconds_each(network, extent.run_s) for _ in range(extent.repeats)]
    rates = [submitted_fps(detector, frames, extent.run_s) for _ in range(extent.repeats)]
    return {
        "frames/s": round(median(rates), 1),
        "ms a batch": round(1000 * median(batches), 2),
        "network alone, frames/s": round(len(frames) / median(alone), 1),
        "device MB": memory_peak_mb(),
    }


def network_alone(detector: UltralyticsDetector, frames: Sequence[RgbImage]) -> Callable[[], Any]:
    """Return a run of the network on a batch that is on the device already, without decoding of its output."""
    import torch  # noqa: PLC0415 - takes seconds

    batch = detector.batch(frames)

    def run() -> None:
        with torch.inference_mode():
            detector.network(batch)

    return run


def submitted_fps(detector: UltralyticsDetector, frames: Sequence[RgbImage], seconds: float) -> float:
    """Return frames a second with as many images in flight as the detector has, as the worker submits them."""
    waiting: deque[Future[Detections]] = deque()
    source = cycle(frames)
    for _ in range(detector.in_flight):
        waiting.append(detector.submit(next(source)))
    finished, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        waiting.popleft().result(RESULT_WITHIN_S)
        finished += 1
        waiting.append(detector.submit(next(source)))
    took_s = time.perf_counter() - began
    for future in waiting:
        future.result(RESULT_WITHIN_S)
    return finished / took_s


def seconds_each(run: Callable[[], object], seconds: float) -> float:
    """Return the seconds of one call, over calls in a row; the device has finished before both readings."""
    calls = 0
    synchronize()
    began = time.perf_counter()
    while calls == 0 or time.perf_counter() - began < seconds:
        run()
        calls += 1
        if calls % WARM_UP_BATCHES == 0:
            synchronize()  # else calls that only queue work would run ahead of the device
    synchronize()
    return (time.perf_counter() - began) / calls


def new_size_row(backend: str, options: GpuOptions, frames: Sequence[RgbImage]) -> Row:
    """Return the time of a batch of a size that the device has not run, and of the same size again.

    Crops of the motion gate have many sizes, and a library may plan each of its operations by size.
    """
    height, width = frames[0].shape[:2]
    sizes = [(height - STRIDE * (n % 3) - STRIDE, width - STRIDE * n - STRIDE) for n in range(NEW_SIZES)]
    frames = frames[:NEW_SIZE_BATCH]
    first: list[float] = []
    again: list[float] = []
    with closing(UltralyticsDetector(options.weights, device=options.device, max_batch=NEW_SIZE_BATCH)) as detector:
        for down, across in sizes:
            run = partial(detector.detect, [np.ascontiguousarray(frame[:down, :across]) for frame in frames])
            first.append(seconds_each(run, 0.0))
            again.append(seconds_each(run, 0.0))
    release_memory()
    note = f"a size that is new to the device; the same again takes {1000 * median(again):.1f} ms"
    return {"backend": backend, "batch": len(frames), "ms a batch": round(1000 * median(first), 2), "note": note}


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether the device had too little memory."""
    import torch  # noqa: PLC0415 - takes seconds

    return isinstance(error, torch.OutOfMemoryError)


def synchronize() -> None:
    """Wait until the GPU has finished; nothing on a CPU."""
    import torch  # noqa: PLC0415 - takes seconds

    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def release_memory() -> None:
    """Return the GPU memory that torch keeps for reuse."""
    import torch  # noqa: PLC0415 - takes seconds

    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def reset_memory_peak() -> None:
    """Start a new measurement of `memory_peak_mb`."""
    import torch  # noqa: PLC0415 - takes seconds

    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()


def memory_peak_mb() -> float | None:
    """Return the most memory that torch took from the GPU, in megabytes; None on a CPU."""
    import torch  # noqa: PLC0415 - takes seconds

    return round(torch.cuda.max_memory_reserved() / BYTES_PER_MB, 1) if torch.cuda.is_initialized() else None
