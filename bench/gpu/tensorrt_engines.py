"""Frames a second of a TensorRT engine, which is built as at the first start of a worker, and its detections."""

from collections.abc import Iterator

from bench.gpu.camera_images import images
from bench.gpu.detections_equal import CPU_SHARE, OUR_SHARE, REQUIRED_SHARE, compared, detected
from bench.gpu.gpu_options import GpuOptions
from bench.gpu.part_result import NotPossibleHere, Row
from bench.gpu.throughput import batch_row
from models.detection.executors import MAX_BATCH
from models.detection.tensorrt_cache import EngineCache, has_tensorrt, this_hardware
from models.weights.resolver import engine_folder


def measure(options: GpuOptions) -> Iterator[Row]:
    """Yield the comparison with torch on the CPU, then each batch size. The worker uses the engine from then on.

    Raises NotPossibleHere without TensorRT, and UnusableWeights where no engine can be built.
    """
    from models.detection.ultralytics import UltralyticsDetector  # noqa: PLC0415 - torch takes seconds to load

    if not options.on_gpu:
        raise NotPossibleHere("TensorRT runs on GPUs only")
    if not has_tensorrt():
        raise NotPossibleHere("TensorRT is not installed (packages tensorrt, onnx, onnxslim)")
    hardware = this_hardware()
    if hardware is None:
        raise NotPossibleHere("torch finds no GPU")
    engines = EngineCache(engine_folder())
    engine = engines.find_or_build(options.weights, hardware)
    backend = f"TensorRT {engines.precision(engine).upper()}"
    frames = images(options, max(*options.extent.batches, options.extent.frames))
    sample = frames[: options.extent.frames]
    on_cpu = detected(UltralyticsDetector(options.weights, device="cpu"), sample)
    here = detected(UltralyticsDetector(engine, device=options.device), sample)
    equal = compared("torch FP32 on the CPU, same .pt", on_cpu, here, required=REQUIRED_SHARE)
    note = f"{equal[CPU_SHARE]} of the CPU's boxes, {equal[OUR_SHARE]} of these; {REQUIRED_SHARE} required"
    yield {"backend": backend, "note": note, "failed": equal["failed"]}
    for batch in options.extent.batches:
        if batch > MAX_BATCH:
            yield {"backend": backend, "batch": batch, "note": f"engines are built for at most {MAX_BATCH} images"}
        else:
            yield batch_row(backend, engine, options, frames, batch)
