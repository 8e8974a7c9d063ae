"""TensorRT engines, built once and kept: by weights, GPU, TensorRT's version, batch, size and precision.

An engine holds code that TensorRT chose by timing it on this very GPU, so it fits no other one, and no other version.
Whatever of that changes gives another key, and with it a new engine. Building takes minutes.

What this module does around the build is tested; the build itself, in ultralytics and TensorRT, needs a GPU and has
not been run on one by us.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import cv2
import structlog
import yaml

from models.detection.detector import RgbImage
from models.errors import UnusableWeights

log = structlog.get_logger()

Precision = Literal["fp16", "int8"]
QUANTISE = {"fp16": 16, "int8": 8}

LARGEST_BATCH = 16
TUNED_FOR = 640, 384
"""(width, height) in pixels. ultralytics' engines take from 32 pixels to twice this size."""

_BUILD_FAILURES = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, ImportError, OSError, AssertionError)


@dataclass(frozen=True, slots=True)
class Hardware:
    """What an engine is built for."""

    gpu: str
    tensorrt: str


@dataclass(frozen=True, slots=True)
class EngineKey:
    """size: (width, height) that the engine is tuned for. batch: the largest it takes."""

    weights_sha256: str
    gpu: str
    tensorrt: str
    precision: Precision
    batch: int = LARGEST_BATCH
    size: tuple[int, int] = TUNED_FOR

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


Build = Callable[[Path, EngineKey, Sequence[RgbImage]], Path]
"""Is given weights in a folder of their own, and for INT8 pictures to calibrate on; returns the engine's file."""


class EngineCache:
    """Engines under one folder. Several processes may share it: a file appears when it is whole."""

    def __init__(self, folder: Path, build: Build | None = None) -> None:
        self._folder = folder
        self._build = build or build_with_ultralytics

    def path(self, weights: Path, key: EngineKey) -> Path:
        return self._folder / f"{weights.stem}@{key.digest}.engine"

    def find(self, weights: Path, hardware: Hardware) -> Path | None:
        """The fastest that fits. INT8 ones are here only where somebody calibrated and accepted them."""
        digest = _sha256(weights)
        for precision in ("int8", "fp16"):
            path = self.path(weights, EngineKey(digest, hardware.gpu, hardware.tensorrt, precision))
            if path.exists():
                return path
        return None

    @staticmethod
    def precision(engine: Path) -> Precision:
        """Of an engine in the cache."""
        told: Precision = json.loads(engine.with_suffix(".json").read_text(encoding="utf-8"))["precision"]
        return told

    def find_or_build(self, weights: Path, hardware: Hardware) -> Path:
        """Builds an FP16 engine where there is none that fits. Raises UnusableWeights where that fails."""
        found = self.find(weights, hardware)
        if found is not None:
            return found
        log.warning("building a TensorRT engine for this GPU, once; this takes minutes", weights=str(weights))
        built, key = self.build(weights, hardware, "fp16")
        return self.keep(weights, key, built)

    def build(
        self, weights: Path, hardware: Hardware, precision: Precision, pictures: Sequence[RgbImage] = ()
    ) -> tuple[Path, EngineKey]:
        """An engine that nobody uses until `keep`; in a folder of its own. Raises UnusableWeights."""
        key = EngineKey(_sha256(weights), hardware.gpu, hardware.tensorrt, precision)
        self._folder.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f"{weights.stem}-", dir=self._folder))
        try:
            built = self._build(Path(shutil.copy(weights, workshop)), key, pictures)
            if not built.is_file():
                raise FileNotFoundError(built)
        except _BUILD_FAILURES as error:
            shutil.rmtree(workshop, ignore_errors=True)
            problem = " ".join(str(error).split())[:200] or type(error).__name__
            raise UnusableWeights(f"{weights}: no TensorRT engine could be built on {key.gpu} ({problem})") from error
        return built, key

    def keep(self, weights: Path, key: EngineKey, built: Path, report: dict[str, Any] | None = None) -> Path:
        """Take a built engine into use; beside it lies what it was built for, and `report`."""
        path = self.path(weights, key)
        path.with_suffix(".json").write_text(json.dumps({**asdict(key), **(report or {})}, indent=2), encoding="utf-8")
        built.replace(path)
        self.discard(built)
        return path

    def discard(self, built: Path) -> None:
        shutil.rmtree(built.parent, ignore_errors=True)


def has_tensorrt() -> bool:
    return find_spec("tensorrt") is not None


def this_hardware() -> Hardware | None:
    """None where there is no CUDA GPU or no TensorRT."""
    if not has_tensorrt():
        return None
    import torch  # noqa: PLC0415 - takes seconds

    if not torch.cuda.is_available():
        return None
    return Hardware(torch.cuda.get_device_name(0), version("tensorrt"))


def build_with_ultralytics(weights: Path, key: EngineKey, pictures: Sequence[RgbImage]) -> Path:
    from models.detection.ultralytics import import_ultralytics  # noqa: PLC0415 - torch takes seconds to load

    data = {} if key.precision == "fp16" else {"data": str(calibration_set(weights.parent / "pictures", pictures))}
    exported = (
        import_ultralytics()
        .YOLO(weights)
        .export(
            format="engine",
            imgsz=list(reversed(key.size)),
            batch=key.batch,
            dynamic=True,
            quantize=QUANTISE[key.precision],
            device=0,
            verbose=False,
            **data,
        )
    )
    return Path(exported)


def calibration_set(folder: Path, pictures: Sequence[RgbImage]) -> Path:
    """Pictures as ultralytics wants them for calibration: a data.yaml beside a folder of images, without labels.

    Raises ValueError where there are none.
    """
    if not pictures:
        raise ValueError("INT8 needs pictures to calibrate on")
    images = folder / "images"
    images.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(images / f"{number:05}.png"), picture[..., ::-1])
    described = {"path": str(folder.resolve()), "train": "images", "val": "images", "names": {0: "road user"}}
    data = folder / "data.yaml"
    data.write_text(yaml.safe_dump(described), encoding="utf-8")
    return data


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
