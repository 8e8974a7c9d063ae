"""Cache of TensorRT engines, by weights, GPU, version of TensorRT, batch, size and precision.

TensorRT selects an engine's code by timing it on one GPU, so it suits no other GPU and no other version. Any change
of these gives another key, and with it a new engine. A build takes minutes. It is used when a detector is loaded, which
is why it is not in `models.export`: docs/adr/0035-tensorrt-cache-in-detection.md.

The cache is tested; the build itself, in ultralytics and TensorRT, needs a GPU and is not.
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
from models.detection.executors import MAX_BATCH
from models.errors import UnusableWeights

log = structlog.get_logger()

Precision = Literal["fp16", "int8"]
"""Number format of an engine."""

QUANTIZE_BITS = {"fp16": 16, "int8": 8}
"""Option `quantize` of ultralytics' export, by precision [source: ultralytics]."""

TUNED_SIZE = 640, 384
"""(width, height) in pixels for which engines are timed [assumption].

ultralytics' engines accept 32 pixels to twice this size.
"""

KEY_DIGITS = 16
"""Hexadecimal digits of an engine's key in its file name, 64 bits [assumption]."""

_BUILD_FAILURES = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, ImportError, OSError, AssertionError)
"""Exceptions of ultralytics and TensorRT where an engine cannot be built [assumption]."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """GPU and version of TensorRT for which an engine is built."""

    gpu: str
    tensorrt: str


@dataclass(frozen=True, slots=True)
class EngineKey:
    """Properties of an engine. size: (width, height) for which it is timed, pixels. batch: the largest it accepts."""

    weights_sha256: str
    gpu: str
    tensorrt: str
    precision: Precision
    batch: int = MAX_BATCH
    size: tuple[int, int] = TUNED_SIZE

    @property
    def digest(self) -> str:
        """Key in the file name."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:KEY_DIGITS]


Build = Callable[[Path, EngineKey, Sequence[RgbImage]], Path]
"""Build of an engine from weights in a folder of their own and, for INT8, calibration images; returns the file."""


class EngineCache:
    """Engines in one folder. Several processes may share it: files are replaced atomically."""

    def __init__(self, folder: Path, build: Build | None = None) -> None:
        self._folder = folder
        self._build = build or build_with_ultralytics

    def path(self, weights: Path, key: EngineKey) -> Path:
        """File of an engine, whether or not it exists."""
        return self._folder / f"{weights.stem}@{key.digest}.engine"

    def find(self, weights: Path, hardware: Hardware) -> Path | None:
        """Fastest engine for this hardware; None without one. INT8 engines exist only after an accepted calibration."""
        digest = _sha256(weights)
        for precision in ("int8", "fp16"):
            path = self.path(weights, EngineKey(digest, hardware.gpu, hardware.tensorrt, precision))
            if path.exists():
                return path
        return None

    @staticmethod
    def precision(engine: Path) -> Precision:
        """Precision of an engine in the cache."""
        precision: Precision = json.loads(engine.with_suffix(".json").read_text(encoding="utf-8"))["precision"]
        return precision

    def find_or_build(self, weights: Path, hardware: Hardware) -> Path:
        """Engine for this hardware, built in FP16 where there is none. Raises UnusableWeights where the build fails."""
        found = self.find(weights, hardware)
        if found is not None:
            return found
        log.warning("building a TensorRT engine for this GPU, once; this takes minutes", weights=str(weights))
        built, key = self.build(weights, hardware, "fp16")
        return self.keep(weights, key, built)

    def build(
        self, weights: Path, hardware: Hardware, precision: Precision, images: Sequence[RgbImage] = ()
    ) -> tuple[Path, EngineKey]:
        """Build an engine in a folder of its own; it is not used before `keep`. Raises UnusableWeights."""
        key = EngineKey(_sha256(weights), hardware.gpu, hardware.tensorrt, precision)
        self._folder.mkdir(parents=True, exist_ok=True)
        build_folder = Path(tempfile.mkdtemp(prefix=f"{weights.stem}-", dir=self._folder))
        try:
            built = self._build(Path(shutil.copy(weights, build_folder)), key, images)
            if not built.is_file():
                raise FileNotFoundError(built)
        except _BUILD_FAILURES as error:
            shutil.rmtree(build_folder, ignore_errors=True)
            problem = " ".join(str(error).split())[:200] or type(error).__name__
            raise UnusableWeights(f"{weights}: no TensorRT engine could be built on {key.gpu} ({problem})") from error
        return built, key

    def keep(self, weights: Path, key: EngineKey, built: Path, report: dict[str, Any] | None = None) -> Path:
        """Move a built engine into the cache, with its key and `report` beside it as JSON."""
        path = self.path(weights, key)
        path.with_suffix(".json").write_text(json.dumps({**asdict(key), **(report or {})}, indent=2), encoding="utf-8")
        built.replace(path)
        self.discard(built)
        return path

    def discard(self, built: Path) -> None:
        """Delete a built engine with its folder."""
        shutil.rmtree(built.parent, ignore_errors=True)


def has_tensorrt() -> bool:
    """Whether TensorRT is installed."""
    return find_spec("tensorrt") is not None


def this_hardware() -> Hardware | None:
    """Hardware of this machine; None without a CUDA GPU or without TensorRT."""
    if not has_tensorrt():
        return None
    import torch  # noqa: PLC0415 - takes seconds

    if not torch.cuda.is_available():
        return None
    return Hardware(torch.cuda.get_device_name(0), version("tensorrt"))


def build_with_ultralytics(weights: Path, key: EngineKey, images: Sequence[RgbImage]) -> Path:
    """Build an engine with ultralytics' export, on GPU 0."""
    from models.detection.ultralytics import import_ultralytics  # noqa: PLC0415 - torch takes seconds to load

    data = {} if key.precision == "fp16" else {"data": str(calibration_set(weights.parent / "pictures", images))}
    exported = (
        import_ultralytics()
        .YOLO(weights)
        .export(
            format="engine",
            imgsz=list(reversed(key.size)),
            batch=key.batch,
            dynamic=True,
            quantize=QUANTIZE_BITS[key.precision],
            device=0,
            verbose=False,
            **data,
        )
    )
    return Path(exported)


def calibration_set(folder: Path, images: Sequence[RgbImage]) -> Path:
    """Write calibration images in the layout of ultralytics: a data.yaml beside a folder of images, without labels.

    Raises ValueError without images.
    """
    if not images:
        raise ValueError("INT8 needs pictures to calibrate on")
    image_folder = folder / "images"
    image_folder.mkdir(parents=True)
    for number, image in enumerate(images):
        cv2.imwrite(str(image_folder / f"{number:05}.png"), image[..., ::-1])
    described = {"path": str(folder.resolve()), "train": "images", "val": "images", "names": {0: "road user"}}
    data = folder / "data.yaml"
    data.write_text(yaml.safe_dump(described), encoding="utf-8")
    return data


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
