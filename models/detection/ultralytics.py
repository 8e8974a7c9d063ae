"""Detection with ultralytics and torch: .pt files, ONNX and TensorRT engines, on an NVIDIA GPU or the CPU.

Pictures of all cameras that wait go through the network as one batch, and only boxes come back from the device. A
picture may be a torch tensor that lies there already. The worker does not use that yet: it looks for motion, frozen
pictures and shaken cameras on the CPU, so what NVDEC decodes comes back to memory anyway (PyAV hands CUDA frames out
with `HWAccel(is_hw_owned=True)` and `VideoPlane.__dlpack__`, should all of these move to the GPU).
All of this module is tested with torch on the CPU; CUDA and TensorRT have not been run by us.
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
from models.detection.detector import RgbImage
from models.detection.executors import DynamicBatcher
from models.detection.letterbox import letterbox
from models.detection.rider_merge import merge_riders
from models.detection.yolo_postprocess import NMS_IOU, nms
from models.errors import UnusableWeights
from models.export.tensorrt_cache import LARGEST_BATCH
from models.weights.model_metadata import checked_metadata

if TYPE_CHECKING:
    import torch

_UNUSABLE = (RuntimeError, ValueError, TypeError, KeyError, EOFError, AttributeError, ImportError, OSError)
"""What ultralytics and the runtimes below it raise for files that they cannot use."""

_TRIAL_SIDE = 320


def import_ultralytics() -> Any:
    """ultralytics, told beforehand never to install packages and never to report home."""
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_VERBOSE", "false")
    import ultralytics  # noqa: PLC0415 - brings torch, which takes seconds

    return ultralytics


@dataclass(frozen=True, slots=True)
class _Prepared:
    """On the device, `scale` times the picture, whose (width, height) is `image_size`."""

    image: "torch.Tensor"
    scale: float
    image_size: tuple[int, int]


class UltralyticsDetector:
    """See `models.detection.detector.Detector`. Raises UnusableWeights where the file holds no detection model.

    device: "auto" takes the first GPU, or the CPU where there is none; otherwise torch's name of a device.
    largest_batch: how many pictures go through the network together at most; None for what suits the device.
    """

    def __init__(
        self, path: Path, *, confidence: float = 0.25, device: str = "auto", largest_batch: int | None = None
    ) -> None:
        self._device = _torch_device(path, device)
        self._network, task = _load(path, self._device)
        metadata = checked_metadata({"task": task, "names": dict(self._network.names)}, path)
        self._road_users = metadata.road_users
        self._stride = int(self._network.stride)
        self._confidence = confidence
        self._fixed_size, self._largest_size = _sizes(path, self._network)
        self._try_out(path)
        runtime = "TensorRT" if path.suffix == ".engine" else "ultralytics"
        self.name = f"{path.stem.partition('@')[0]}, {runtime} {self._device}"
        largest = largest_batch or _largest_batch(path, self._network, self._device)
        self.in_flight = 2 * largest
        self._detection: DynamicBatcher[_Prepared] = DynamicBatcher(
            self._detect, max_batch=largest, max_in_flight=self.in_flight
        )

    def submit(self, image: "RgbImage | torch.Tensor") -> Future[Detections]:
        return self._detection.submit(self._prepared(image))

    def close(self) -> None:
        self._detection.close()

    def _try_out(self, path: Path) -> None:
        """Detect once: finds a runtime that is missing (ONNX Runtime, TensorRT) or does not fit this machine."""
        try:
            self._detect([self._prepared(np.zeros((_TRIAL_SIDE, _TRIAL_SIDE, 3), dtype=np.uint8))])
        except _UNUSABLE as error:
            problem = " ".join(str(error).split())[:200]
            raise UnusableWeights(
                f"{path}: does not run on {self._device} ({type(error).__name__}: {problem}); "
                "install its runtime, or give the .pt or an OpenVINO export"
            ) from error

    def _prepared(self, image: "RgbImage | torch.Tensor") -> _Prepared:
        from models.detection.torch_batch import on_device  # noqa: PLC0415 - torch takes seconds to load

        size = int(image.shape[1]), int(image.shape[0])
        into = self._fixed_size or _shrunk(size, self._largest_size)
        if into is None:
            return _Prepared(on_device(image, self._device), 1.0, size)
        fitted = letterbox(image if isinstance(image, np.ndarray) else image.cpu().numpy(), into)
        return _Prepared(on_device(fitted.image, self._device), fitted.scale, size)

    def _detect(self, pictures: Sequence[_Prepared]) -> list[Detections]:
        import torch  # noqa: PLC0415 - takes seconds

        from models.detection.torch_batch import as_batch, candidates  # noqa: PLC0415 - torch takes seconds to load

        with torch.inference_mode():
            output = self._network(as_batch([picture.image for picture in pictures], self._stride))
            if isinstance(output, list | tuple):
                output = output[0]
            found = candidates(output, self._road_users, self._confidence)
        return [self._concluded(picture, *mine) for picture, mine in zip(pictures, found, strict=True)]

    def _concluded(
        self, picture: _Prepared, boxes: NDArray[np.float32], confidence: NDArray[np.float32], kinds: NDArray[np.int64]
    ) -> Detections:
        corners = np.array(picture.image_size * 2, dtype=np.float32)
        within = np.clip(boxes / np.float32(picture.scale), 0, corners)
        return merge_riders(nms(Detections(within, confidence, kinds), NMS_IOU))


def _load(path: Path, device: "torch.device") -> tuple[Any, str]:
    """The network behind ultralytics' one interface to all runtimes, and its task."""
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


def _sizes(path: Path, network: Any) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """(width, height) of the only size that an export takes, and of the largest that an engine takes; None for any."""
    if path.suffix == ".pt":
        return None, None
    height, width = network.imgsz
    if not network.dynamic:
        return (width, height), None
    return None, (2 * width, 2 * height) if path.suffix == ".engine" else None


def _shrunk(size: tuple[int, int], largest: tuple[int, int] | None) -> tuple[int, int] | None:
    """None where it fits as it is."""
    if largest is None or (size[0] <= largest[0] and size[1] <= largest[1]):
        return None
    scale = min(largest[0] / size[0], largest[1] / size[1])
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _largest_batch(path: Path, network: Any, device: "torch.device") -> int:
    """On a CPU, a batch of two takes as long as two batches."""
    if path.suffix == ".pt":
        return LARGEST_BATCH if device.type == "cuda" else 1
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
