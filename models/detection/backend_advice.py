"""Prediction of the detector backend on this machine and advice for a faster one, without loading or building any."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.detection.loader import has_ultralytics, nvidia_gpu_present
from models.detection.openvino import find_xml
from models.detection.tensorrt_cache import EngineCache, Hardware, has_tensorrt, this_hardware
from models.errors import UnusableWeights
from models.weights.bundled import DEFAULT_WEIGHTS, bundled_names
from models.weights.resolver import cache_folder, engine_folder, local_weights


@dataclass(frozen=True, slots=True)
class BackendAdvice:
    """Backend and advice.

    description: runtime, precision and device. suggestion: how to get a faster backend, "" where none is known.
    builds_first: loading the detector takes minutes, since it builds a TensorRT engine.
    """

    description: str
    suggestion: str = ""
    builds_first: bool = False


def advise_backend(
    weights: str | None,
    device: str = "auto",
    *,
    cache: Path | None = None,
    gpu: bool | None = None,
    hardware: Callable[[], Hardware | None] = this_hardware,
) -> BackendAdvice | None:
    """Backend that `load_detector` would choose with these arguments; None where the weights are not on this machine.

    gpu: whether there is an NVIDIA GPU; None checks the machine.
    """
    cache = cache or cache_folder()
    has_gpu = nvidia_gpu_present() if gpu is None else gpu
    on_gpu = has_gpu and device != "cpu"
    path = local_weights(weights, prefer_torch=on_gpu and has_ultralytics(), cache=cache)
    if path is None:
        return None
    name = weights or DEFAULT_WEIGHTS
    if path.suffix == ".engine":
        return BackendAdvice("TensorRT on the GPU")
    if path.suffix == ".onnx":
        return BackendAdvice(f"ONNX Runtime on the {'GPU' if on_gpu else 'CPU'}", _better_weights(on_gpu))
    if path.suffix == ".pt":
        return _torch_advice(path, name, on_gpu, cache, hardware)
    return _openvino_advice(path, name, on_gpu)


def _torch_advice(
    path: Path, name: str, on_gpu: bool, cache: Path, hardware: Callable[[], Hardware | None]
) -> BackendAdvice:
    if not on_gpu:
        return BackendAdvice("torch on the CPU", _int8_advice(name))
    if not has_tensorrt():
        return BackendAdvice(
            "torch in FP16 on the GPU", "run `pip install 'simpang[yolo,tensorrt]'`: an engine is several times as fast"
        )
    here = hardware()
    if here is None:
        return BackendAdvice("torch on the CPU", "torch finds no GPU though there is one; check the driver")
    engine = EngineCache(engine_folder(cache)).find(path, here)
    if engine is None:
        return BackendAdvice(
            f"a TensorRT engine for {here.gpu}, which is not built yet",
            f"run `simpang models export {name} --to engine` now; else the first start takes minutes for it",
            builds_first=True,
        )
    if EngineCache.precision(engine) == "int8":
        return BackendAdvice(f"TensorRT INT8 on {here.gpu}")
    return BackendAdvice(
        f"TensorRT FP16 on {here.gpu}",
        f"`simpang models export {name} --to engine --int8 --config CITY.yaml` reports the accuracy of INT8",
    )


def _openvino_advice(path: Path, name: str, on_gpu: bool) -> BackendAdvice:
    precision = "INT8" if is_int8(path) else "float"
    if on_gpu and name in bundled_names():
        return BackendAdvice(
            f"OpenVINO {precision} on the CPU", f"run `simpang models export {name} --to pt`, so that the GPU is used"
        )
    if on_gpu:
        return BackendAdvice(f"OpenVINO {precision} on the CPU", _better_weights(on_gpu))
    return BackendAdvice(f"OpenVINO {precision} on the CPU", "" if precision == "INT8" else _int8_advice(name))


def _int8_advice(name: str) -> str:
    """Advice to quantize. INT8 takes 0.49 of FP32's and 0.80 of BF16's CPU time [measured: an EPYC with VNNI]."""
    return f"run `simpang models export {name} --int8 --config CITY.yaml`: INT8 takes half to four fifths of the time"


def _better_weights(on_gpu: bool) -> str:
    return "give the .pt as `weights`, so that the GPU is used" if on_gpu else "give an OpenVINO export as `weights`"


def is_int8(path: Path) -> bool:
    """Whether an OpenVINO network (folder or .xml) has quantized activations; False where it cannot be read."""
    try:
        return b'type="FakeQuantize"' in find_xml(path).read_bytes()
    except (OSError, UnusableWeights):
        return False
