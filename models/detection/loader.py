"""Loader of a detector: chooses the backend by weights and machine, and opens it."""

import os
from importlib.util import find_spec
from pathlib import Path

import structlog

from models.detection.detector import DEFAULT_CONFIDENCE, Detector
from models.errors import UnusableWeights
from models.weights.resolver import cache_folder, engine_folder, resolve_weights

log = structlog.get_logger()

_ULTRALYTICS_SUFFIXES = {".pt", ".onnx", ".engine"}
"""File suffixes that ultralytics runs; all others are OpenVINO's."""

_FIRST_GPU = ("auto", "cuda", "cuda:0")
"""Names of the device for which engines are built."""


def load_detector(
    weights: str | None,
    *,
    device: str = "auto",
    confidence: float = DEFAULT_CONFIDENCE,
    image_size: tuple[int, int] | None = None,
    cache: Path | None = None,
    max_batch_delay_s: float = 0.0,
    threads: int | None = None,
) -> Detector:
    """Running detector for these weights. Logs the weights and the device; never replaces one model by another.

    weights: path (OpenVINO folder or .xml, .pt, .onnx, .engine) or registered name; None resolves as
    `models.weights.resolver.resolve_weights` does. device: "auto", "cpu", "cuda", or a device name of the runtime.
    "auto" uses CUDA for .pt and .engine wherever there is a GPU. With TensorRT installed, a .pt gets an engine there,
    built once in minutes. image_size: (width, height) of all images, where it is constant; OpenVINO is faster then.
    Without it, images of several cameras are packed (`models.packing.packing_detector`) and may wait for others for
    max_batch_delay_s. threads: for inference on the CPU; by default one for each core.
    Raises UnusableWeights: one line with the fault and its remedy.
    """
    cache = cache or cache_folder()
    path = weights_path(weights, device, cache)
    detector: Detector
    if path.suffix in _ULTRALYTICS_SUFFIXES:
        detector = _ultralytics(path, device, confidence, cache)
    else:
        compiled = _writable(cache / "compiled")
        detector = _openvino(
            path,
            _openvino_device(path, device),
            confidence,
            image_size=image_size,
            cache_dir=compiled,
            max_batch_delay_s=max_batch_delay_s,
            threads=threads,
        )
    log.info("detector ready", model=detector.name, weights=str(path))
    return detector


def weights_path(weights: str | None, device: str = "auto", cache: Path | None = None) -> Path:
    """Path of the weights that `load_detector` loads. Fetches them where they are not here. Raises UnusableWeights."""
    prefer_torch = nvidia_gpu_present() and has_ultralytics() and device != "cpu"
    return resolve_weights(weights, prefer_torch=prefer_torch, cache=cache or cache_folder())


def has_ultralytics() -> bool:
    """Whether ultralytics and torch are installed."""
    return find_spec("ultralytics") is not None and find_spec("torch") is not None


def nvidia_gpu_present() -> bool:
    """Whether there is an NVIDIA GPU, by its device file: a machine without one never waits for torch to load."""
    return Path("/dev/nvidia0").exists() and os.environ.get("CUDA_VISIBLE_DEVICES") not in ("", "-1")


def _openvino_device(path: Path, device: str) -> str:
    if device.lower().startswith("cuda"):
        raise UnusableWeights(f"{path}: an OpenVINO model does not run on {device}; give the .pt or .engine instead")
    if device == "auto" and nvidia_gpu_present():
        log.warning("these weights run on the CPU though there is a GPU; see simpang doctor", path=path)
    return "CPU" if device == "auto" else device.upper()


def _openvino(
    path: Path,
    device: str,
    confidence: float,
    *,
    image_size: tuple[int, int] | None,
    cache_dir: Path | None,
    max_batch_delay_s: float,
    threads: int | None,
) -> Detector:
    # The runtime loads slowly.
    from models.detection.openvino import OpenVinoDetector, OpenVinoNetwork  # noqa: PLC0415
    from models.packing.packing_detector import PackingDetector  # noqa: PLC0415
    from models.packing.shelf_layout import CANVASES, RARE_CANVASES  # noqa: PLC0415

    packs = image_size is None and device == "CPU"
    network = OpenVinoNetwork(
        path,
        confidence=confidence,
        device=device,
        image_size=image_size,
        sizes=CANVASES if packs else (),
        rare_sizes=RARE_CANVASES if packs else (),
        cache_dir=cache_dir,
        threads=threads,
    )
    return PackingDetector(network, max_batch_delay_s=max_batch_delay_s) if packs else OpenVinoDetector(network)


def _writable(folder: Path) -> Path | None:
    """The folder, created if needed; None where it cannot be written, as in a read-only container."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _ultralytics(path: Path, device: str, confidence: float, cache: Path) -> Detector:
    if not has_ultralytics():
        raise UnusableWeights(
            f"{path}: needs ultralytics and torch; run `pip install 'simpang[yolo]'`, or export the model to OpenVINO "
            f"on a machine that has them (`simpang models export {path.name}`)"
        )
    from models.detection.ultralytics import UltralyticsDetector  # noqa: PLC0415 - torch takes seconds to load

    if path.suffix == ".pt" and device in _FIRST_GPU:
        engine = _find_or_build_engine(path, cache)
        if engine is not None:
            return UltralyticsDetector(engine, confidence=confidence, device=device)
    return UltralyticsDetector(path, confidence=confidence, device=device)


def _find_or_build_engine(path: Path, cache: Path) -> Path | None:
    """TensorRT engine of these weights for this GPU; None where there is none and none can be built."""
    from models.detection.tensorrt_cache import EngineCache, this_hardware  # noqa: PLC0415 - torch takes seconds to load

    hardware = this_hardware()
    if hardware is None:
        return None
    try:
        return EngineCache(engine_folder(cache)).find_or_build(path, hardware)
    except UnusableWeights as error:
        log.warning("torch runs these weights, which is slower than an engine", reason=str(error))
        return None
