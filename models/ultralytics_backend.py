"""Detection with ultralytics and torch: .pt files, ONNX and TensorRT engines, on an NVIDIA GPU or the CPU."""

import os
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np

from analytics.detections import Detections
from models.bounded import BoundedDetection
from models.detector import RgbImage
from models.errors import UnusableWeights
from models.heads import OVERLAP, without_duplicates
from models.metadata import IGNORED, checked_metadata
from models.riders import merge_riders

_IN_FLIGHT = 2
"""One picture on the device, one being prepared."""


_FP16 = 16
_UNUSABLE = (RuntimeError, ValueError, TypeError, KeyError, EOFError, AttributeError, ImportError, OSError)
"""What ultralytics and the runtimes below it raise for files that they cannot use."""


def import_ultralytics() -> Any:
    """ultralytics, told beforehand never to install packages and never to report home."""
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_VERBOSE", "false")
    import ultralytics  # noqa: PLC0415 - brings torch, which takes seconds

    return ultralytics


class UltralyticsDetector:
    """See `models.detector.Detector`. Raises UnusableWeights where the file holds no detection model.

    device: "auto" takes the first GPU, or the CPU where there is none; otherwise torch's name of a device.
    """

    def __init__(self, path: Path, *, confidence: float = 0.25, device: str = "auto") -> None:
        self._device = _torch_device(path, device)
        self._model = _read(path)
        metadata = checked_metadata({"task": self._model.task, "names": dict(self._model.names)}, path)
        self._road_users = metadata.road_users
        self._wanted = np.flatnonzero(self._road_users != IGNORED).tolist()
        self._confidence = confidence
        self._takes_any_size = path.suffix == ".pt"
        self._try_out(path)
        self.name = f"{path.stem}, ultralytics {self._device}"
        self.in_flight = _IN_FLIGHT
        self._detection = BoundedDetection(self._detect, threads=1, room=_IN_FLIGHT)

    def submit(self, image: RgbImage) -> Future[Detections]:
        return self._detection.submit(image)

    def close(self) -> None:
        self._detection.close()

    def _try_out(self, path: Path) -> None:
        """Detect once: finds a runtime that is missing (ONNX Runtime, TensorRT) or does not fit this machine."""
        try:
            self._detect(np.zeros((320, 320, 3), dtype=np.uint8))
        except _UNUSABLE as error:
            problem = " ".join(str(error).split())[:200]
            raise UnusableWeights(
                f"{path}: does not run on {self._device} ({type(error).__name__}: {problem}); "
                "install its runtime, or give the .pt or an OpenVINO export"
            ) from error

    def _detect(self, image: RgbImage) -> Detections:
        # Exported networks know their own input size; a .pt takes each picture at the picture's size.
        size = {"imgsz": list(image.shape[:2])} if self._takes_any_size else {}
        (result,) = self._model.predict(
            image[..., ::-1],
            **size,
            conf=self._confidence,
            iou=OVERLAP,
            classes=self._wanted,
            device=self._device,
            quantize=_FP16 if self._device.startswith("cuda") else None,
            verbose=False,
        )
        boxes = result.boxes.cpu().numpy()
        found = Detections(
            boxes.xyxy.astype(np.float32),
            boxes.conf.astype(np.float32),
            self._road_users[boxes.cls.astype(np.int64)],
        )
        return merge_riders(without_duplicates(found))


def _read(path: Path) -> Any:
    ultralytics = import_ultralytics()
    try:
        model = ultralytics.YOLO(path)
        _ = model.names
    except _UNUSABLE as error:
        raise UnusableWeights(
            f"{path}: ultralytics cannot read this file ({type(error).__name__}); give a YOLO detection model"
        ) from error
    return model


def _torch_device(path: Path, device: str) -> str:
    import torch  # noqa: PLC0415 - takes seconds

    gpu = torch.cuda.is_available()
    if device == "auto":
        return "cuda:0" if gpu else "cpu"
    if device.startswith("cuda") and not gpu:
        raise UnusableWeights(f"{path}: device {device} was asked for, but torch finds no GPU; use auto or cpu")
    return "cuda:0" if device == "cuda" else device
