"""Decoding of videos on the CPU and on the GPU, many at once, as frames that the analysis can read."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from threading import Barrier, Thread

from bench.gpu.camera_images import NEEDS_AV, clip_folder, has_av
from bench.gpu.gpu_options import GpuOptions
from bench.gpu.part_result import NotPossibleHere, Row
from pipelines.capacity.process_stats import device_memory_mb

WARM_UP_FRAMES = 10
"""Frames of each video before the measurement, in which the decoder opens [assumption]."""

START_WITHIN_S = 60.0
"""Longest wait (s) until all decoders are open [assumption]."""


def measure(options: GpuOptions) -> Iterator[Row]:
    """Yield the rows of the CPU, and of the GPU with one context for all videos and with one for each."""
    if not has_av():
        raise NotPossibleHere(NEEDS_AV)
    from pipelines.capacity.clips import prepare_clips  # noqa: PLC0415 - needs PyAV
    from pipelines.ingest.hw_decode import OPTIONS, self_test  # noqa: PLC0415 - needs PyAV

    clips = [clip.path for clip in prepare_clips(clip_folder(options), options.work / "clips")]
    start_gpu(options)
    for streams in options.extent.streams:
        yield decoding_row("CPU", clips, streams, options, None)
    for device_options in OPTIONS["cuda"]:
        name = f"NVDEC, {'shared context' if device_options else 'a context each'}"
        problem = self_test("cuda", device_options)
        if problem:
            yield {"decoder": name, "note": problem}
            continue
        for streams in options.extent.streams:
            yield decoding_row(name, clips, streams, options, device_options)


def start_gpu(options: GpuOptions) -> None:
    """Make torch's context of the GPU first, as a worker does, whose detector loads before its cameras open."""
    import torch  # noqa: PLC0415 - takes seconds

    if options.on_gpu:
        torch.zeros(1, device=options.device)


def decoding_row(
    name: str, clips: list[Path], streams: int, options: GpuOptions, device: dict[str, object] | None
) -> Row:
    """Return the figures of `streams` videos at once. device: options of the GPU; None for the CPU."""
    before_mb = device_memory_mb()
    barrier = Barrier(streams + 1, timeout=START_WITHIN_S)
    readers = [
        _Reader(clips[number % len(clips)], device, options.extent.decode_s, barrier) for number in range(streams)
    ]
    for reader in readers:
        reader.start()
    barrier.wait()  # all decoders are open
    cpu_before, began = time.process_time(), time.perf_counter()
    after_mb = device_memory_mb()
    barrier.wait()
    for reader in readers:
        reader.join()
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_before
    problems = sorted({reader.problem for reader in readers if reader.problem})
    frames = sum(reader.frames for reader in readers)
    row: Row = {"decoder": name, "videos": streams}
    if problems:
        return row | {"note": problems[0], "failed": device is None}
    per_stream_mb = None if before_mb is None or after_mb is None else (after_mb - before_mb) / streams
    return row | {
        "frames/s": round(frames / took_s, 1),
        "frames/s a video": round(fmean(reader.frames for reader in readers) / took_s, 1),
        "CPU ms a frame": round(1000 * cpu_s / frames, 2) if frames else None,
        "device MB a video": None if device is None or per_stream_mb is None else round(per_stream_mb, 1),
    }


class _Reader(Thread):
    """Thread that decodes one video in a loop for some seconds, frames in memory. problem: why it ended early."""

    def __init__(self, clip: Path, device: dict[str, object] | None, seconds: float, barrier: Barrier) -> None:
        super().__init__(name="decode", daemon=True)
        self._clip, self._device, self._seconds, self._barrier = clip, device, seconds, barrier
        self.frames, self.problem = 0, ""

    def run(self) -> None:
        try:
            frames = self._looped()
            for _ in range(WARM_UP_FRAMES):
                next(frames)
        except (OSError, RuntimeError, StopIteration) as error:  # PyAV's errors are of OSError or of RuntimeError
            self.problem = f"{type(error).__name__}: {error}"
            frames = iter(())
        self._barrier.wait()
        self._barrier.wait()
        ends_at = time.perf_counter() + self._seconds
        for _ in frames:
            self.frames += 1
            if time.perf_counter() >= ends_at:
                break

    def _looped(self) -> Iterator[object]:
        """Yield grey images, of which the analysis measures motion; a frame on the GPU is copied to memory for it."""
        import av  # noqa: PLC0415 - not everywhere
        from av.codec.hwaccel import HWAccel  # noqa: PLC0415

        from pipelines.analysis.frame_convert import luma  # noqa: PLC0415 - needs PyAV

        device = self._device
        hardware = None if device is None else HWAccel("cuda", allow_software_fallback=False, options=device)
        with av.open(str(self._clip), hwaccel=hardware) as container:
            container.streams.video[0].codec_context.thread_count = 1
            while True:
                for frame in container.decode(video=0):
                    yield luma(frame)
                container.seek(0)
