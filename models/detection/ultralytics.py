"""Detection with ultralytics and torch: .pt files, ONNX and TensorRT engines, on an NVIDIA GPU or the CPU.

The queued images of all cameras go through the network as one batch, and only boxes return from the device. An image
may be a torch tensor on the device. The worker does not use that yet: motion gate, freeze detection and tampering run
on the CPU, so frames decoded by NVDEC return to memory anyway. PyAV can pass CUDA frames on
(`HWAccel(is_hw_owned=True)`, `VideoPlane.__dlpack__`). This module is tested with torch on the CPU; `make bench-gpu`
runs it with CUDA and TensorRT (docs/gpu.md).
"""

import os
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analytics.detections import Detections
from models.detection.detector import DEFAULT_CONFIDENCE, ImageParts, RgbImage
from models.detection.executors import MAX_BATCH, DynamicBatcher
from models.detection.letterbox import letterbox
from models.detection.rider_merge import merge_riders
from models.detection.yolo_postprocess import nms
from models.errors import UnusableWeights
from models.weights.model_metadata import ModelMetadata, checked_metadata

if TYPE_CHECKING:
    import torch

    from models.detection.torch_batch import BoxDecoder

_UNUSABLE = (RuntimeError, ValueError, TypeError, KeyError, EOFError, AttributeError, ImportError, OSError)
"""Exceptions of ultralytics and its runtimes for unusable files [measured: by trial]."""

_TRIAL_SIDE_PX = 320
"""Side of the trial image, pixels; a multiple of every common stride [assumption]."""

_ENGINE_SIZE_FACTOR = 2
"""Largest input of a dynamic engine, in sides of the size that it is tuned for [source: ultralytics' export]."""


def import_ultralytics() -> Any:
    """Module ultralytics, configured to install no packages and to send no statistics."""
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_VERBOSE", "false")
    import ultralytics  # noqa: PLC0415 - brings torch, which takes seconds

    return ultralytics


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Image on the device, scaled by `scale` from one of `image_size`, (width, height) in pixels."""

    image: "torch.Tensor"
    scale: float
    image_size: tuple[int, int]


class UltralyticsDetector:
    """See `models.detection.detector.Detector`. Raises UnusableWeights where the file contains no detection model.

    device: "auto" is the first GPU, or the CPU where there is none; otherwise torch's name of a device.
    max_batch: most images in one batch; None for the device's default. network: ultralytics' interface to the runtime.
    """

    def __init__(
        self, path: Path, *, confidence: float = DEFAULT_CONFIDENCE, device: str = "auto", max_batch: int | None = None
    ) -> None:
        self._device = _torch_device(path, device)
        self.network, task = _load(path, self._device)
        metadata = checked_metadata({"task": task, "names": dict(self.network.names)}, path)
        self._stride = int(self.network.stride)
        self._confidence = confidence
        self._boxes = _box_decoder(metadata, confidence, self._device)
        self._fixed_size, self._largest_size = _sizes(path, self.network)
        self._check_runs(path)
        runtime = "TensorRT" if path.suffix == ".engine" else "ultralytics"
        self.name = f"{path.stem.partition('@')[0]}, {runtime} {self._device}"
        max_batch = max_batch or _default_max_batch(path, self.network, self._device)
        self.in_flight = 2 * max_batch
        self._detection: DynamicBatcher[_Prepared] = DynamicBatcher(
            self._detect, max_batch=max_batch, max_in_flight=self.in_flight
        )

    def submit(self, image: "RgbImage | torch.Tensor", parts: ImageParts = ()) -> Future[Detections]:
        return self._detection.submit(self._prepared(image))

    def detect(self, images: "Sequence[RgbImage | torch.Tensor]") -> list[Detections]:
        """Detect in one batch of any length, in the calling thread. Raises the runtime's error, such as of memory."""
        return self._detect([self._prepared(image) for image in images])

    def batch(self, images: "Sequence[RgbImage | torch.Tensor]") -> "torch.Tensor":
        """Input of `network` for these images, on the device."""
        return self._as_input([self._prepared(image) for image in images])

    def close(self) -> None:
        self._detection.close()

    def _check_runs(self, path: Path) -> None:
        """Detect once. Raises UnusableWeights where a runtime (ONNX Runtime, TensorRT) is missing or unsuitable."""
        try:
            self.detect([np.zeros((_TRIAL_SIDE_PX, _TRIAL_SIDE_PX, 3), dtype=np.uint8)])
        except _UNUSABLE as error:
            problem = " ".join(str(error).split())[:200]
            raise UnusableWeights(
                f"{path}: does not run on {self._device} ({type(error).__name__}: {problem}); "
                "install its runtime, or give the .pt or an OpenVINO export"
            ) from error

    def _prepared(self, image: "RgbImage | torch.Tensor") -> _Prepared:
        from models.detection.torch_batch import on_device  # noqa: PLC0415 - torch takes seconds to load

        size = int(image.shape[1]), int(image.shape[0])
        target = self._fixed_size or _reduced_size(size, self._largest_size)
        if target is None:
            return _Prepared(on_device(image, self._device), 1.0, size)
        fitted = letterbox(image if isinstance(image, np.ndarray) else image.cpu().numpy(), target)
        return _Prepared(on_device(fitted.image, self._device), fitted.scale, size)

    def _as_input(self, images: Sequence[_Prepared]) -> "torch.Tensor":
        import torch  # noqa: PLC0415 - takes seconds

        from models.detection.torch_batch import as_batch  # noqa: PLC0415 - torch takes seconds to load

        dtype = torch.float16 if self.network.fp16 else torch.float32
        return as_batch([image.image for image in images], self._stride, dtype)

    def _detect(self, images: Sequence[_Prepared]) -> list[Detections]:
        import torch  # noqa: PLC0415 - takes seconds

        with torch.inference_mode():
            output = self.network(self._as_input(images))
            if isinstance(output, list | tuple):
                output = output[0]
            found = self._boxes.decode(output)
        return [self._to_detections(image, *boxes) for image, boxes in zip(images, found, strict=True)]

    def _to_detections(
        self, image: _Prepared, boxes: NDArray[np.float32], confidence: NDArray[np.float32], class_id: NDArray[np.int64]
    ) -> Detections:
        """Detections in pixels of the original image, after non-maximum suppression and the merging of riders."""
        corners = np.array(image.image_size * 2, dtype=np.float32)
        clipped = np.clip(boxes / np.float32(image.scale), 0, corners)
        return merge_riders(nms(Detections(clipped, confidence, class_id)), self._confidence)


def _load(path: Path, device: "torch.device") -> tuple[Any, str]:
    """Network behind ultralytics' interface to all runtimes, and its task."""
    ultralytics = import_ultralytics()
    from ultralytics.nn.autobackend import AutoBackend  # noqa: PLC0415 - see above

    try:
        model = ultralytics.YOLO(path)
        source = model.model if path.suffix == ".pt" else path
        network = AutoBackend(source, device=device, fp16=device.type == "cuda", verbose=False)
        network.eval()
    except _UNUSABLE as error:
        raise UnusableWeights(
            f"{path}: ultralytics cannot use this file ({type(error).__name__}); give a YOLO detection model, and "
            "install its runtime"
        ) from error
    return network, str(getattr(network, "task", None) or model.task)


def _box_decoder(metadata: ModelMetadata, confidence: float, device: "torch.device") -> "BoxDecoder":
    from models.detection.torch_batch import BoxDecoder  # noqa: PLC0415 - torch takes seconds to load

    return BoxDecoder(metadata.road_users, confidence, device)


def _sizes(path: Path, network: Any) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Sizes (width, height): the fixed input of an export, and the largest input of an engine; None for any."""
    if path.suffix == ".pt":
        return None, None
    height, width = network.imgsz
    if not network.dynamic:
        return (width, height), None
    return None, (_ENGINE_SIZE_FACTOR * width, _ENGINE_SIZE_FACTOR * height) if path.suffix == ".engine" else None


def _reduced_size(size: tuple[int, int], largest: tuple[int, int] | None) -> tuple[int, int] | None:
    """Size scaled down to fit into `largest`; None where it fits already."""
    if largest is None or (size[0] <= largest[0] and size[1] <= largest[1]):
        return None
    scale = min(largest[0] / size[0], largest[1] / size[1])
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _default_max_batch(path: Path, network: Any, device: "torch.device") -> int:
    """Most images in one batch. On a CPU, a batch of two takes as long as two batches."""
    if path.suffix == ".pt":
        return MAX_BATCH if device.type == "cuda" else 1
    return max(1, int(network.batch))


def _torch_device(path: Path, device: str) -> "torch.device":
    import torch  # noqa: PLC0415 - takes seconds

    gpu = torch.cuda.is_available()
    if device == "auto":
        return torch.device("cuda:0" if gpu else "cpu")
    if device.startswith("cuda") and not gpu:
        raise UnusableWeights(f"{path}: device {device} was asked for, but torch finds no GPU; use auto or cpu")
    try:
        return torch.device("cuda:0" if device == "cuda" else device)
    except RuntimeError as error:
        raise UnusableWeights(f"{path}: torch knows no device {device}; use auto, cpu or cuda") from error
