"""Detection on the CPU (or an Intel GPU) with OpenVINO, for any detection model that ultralytics exports."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Lock

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import properties

from analytics.detections import Detections
from models.detection.cpu import niced_threads
from models.detection.detector import DEFAULT_CONFIDENCE, ImageParts, RgbImage
from models.detection.executors import BoundedExecutor
from models.detection.letterbox import letterbox, pad_to_stride
from models.detection.openvino_graph import (
    compile_network,
    core,
    fixed_size,
    has_anchor_free_head,
    keep_classes,
    read_network,
)
from models.detection.rider_merge import merge_riders
from models.detection.yolo_postprocess import decode_anchor_free, decode_end_to_end, nms
from models.errors import UnusableWeights
from models.packing.shelf_layout import Size
from models.weights.model_metadata import UNMAPPED_CLASS, read_metadata

_TRIAL_STRIDES = 10
"""Side of the trial image, strides: an end-to-end head needs space for the 300 boxes that it always returns."""


def devices() -> dict[str, str]:
    """Full names of the devices that OpenVINO can use on this machine, by the names that `device` accepts."""
    return {device: str(core().get_property(device, "FULL_DEVICE_NAME")) for device in core().available_devices}


def find_xml(path: Path) -> Path:
    """Path of the network's .xml: `path` itself, or the only one in that folder. Raises UnusableWeights."""
    found = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    if len(found) != 1 or found[0].suffix != ".xml" or not found[0].is_file():
        raise UnusableWeights(f"{path}: expected one OpenVINO .xml with its .bin here; give an exported model folder")
    return found[0]


class OpenVinoNetwork:
    """Detection network on OpenVINO, without non-maximum suppression. See `models.packing.packing_detector.Network`.

    A network with a fixed input receives letterboxed images, one with a dynamic input receives each at its own size.
    image_size: (width, height) to which a dynamic input is fixed, which is faster. sizes, rare_sizes: (width, height)
    in whole strides, for each of which a dynamic network is compiled by itself, rare ones at first use. Where sizes
    vary this halves the time, since a dynamic network is set up again whenever the size changes. Each compiled size
    takes 40 MB (docs/adr/0166-memory-of-networks.md). threads: on the CPU; by default one for each core.
    Raises UnusableWeights where the files contain no detection model.
    """

    def __init__(
        self,
        path: Path,
        *,
        confidence: float = DEFAULT_CONFIDENCE,
        device: str = "CPU",
        image_size: Size | None = None,
        sizes: Sequence[Size] = (),
        rare_sizes: Sequence[Size] = (),
        cache_dir: Path | None = None,
        threads: int | None = None,
    ) -> None:
        xml = find_xml(path)
        metadata = read_metadata(xml.parent / "metadata.yaml")
        model = read_network(xml)
        self._anchor_free = has_anchor_free_head(model, len(metadata.road_users), xml)
        self._road_users = metadata.road_users
        if self._anchor_free:
            mapped = np.flatnonzero(metadata.road_users != UNMAPPED_CLASS)
            model, self._road_users = keep_classes(model, mapped), metadata.road_users[mapped]
        self._stride = metadata.stride
        self.confidence = confidence
        if image_size is not None and fixed_size(model) is None:
            width, height = (-(-side // self._stride) * self._stride for side in image_size)
            model.reshape([1, 3, height, width])
        self._fixed_size = fixed_size(model)
        dynamic = self._fixed_size is None
        self.sizes: tuple[Size, ...] = tuple(sizes) if dynamic else ()
        self.rare_sizes: tuple[Size, ...] = tuple(rare_sizes) if dynamic else ()
        self._model, self._compiling = model, Lock()
        self._compile = partial(compile_network, xml=xml, device=device, cache_dir=cache_dir, threads=threads)
        self._compiled: dict[Size | None, _Requests] = {}
        first, *others = self.sizes or (None,)
        self.requests = self._requests(first).count
        # OpenVINO 2026.4 builds its table of array types at first use; two threads that do so at once deadlock.
        ov.Type.u8.to_dtype()
        self._check_runs(xml, first)
        for size in others:
            self._requests(size)
        self.name = f"{path.stem.removesuffix('_openvino_model')}, OpenVINO {device}"

    def candidates(self, image: RgbImage) -> Detections:
        """Boxes before non-maximum suppression, in pixels of the image. Called by up to `requests` threads at once."""
        own_size = image.shape[1], image.shape[0]
        if own_size in self.sizes or own_size in self.rare_sizes:
            return self._decode(self._requests(own_size), image)
        size = self._fixed_size
        fitted = letterbox(image, size) if size else pad_to_stride(image, self._stride)
        boxes = self._decode(self._requests(None), fitted.image)
        return Detections(fitted.to_image(boxes.xyxy), boxes.confidence, boxes.class_id)

    def _requests(self, size: Size | None) -> "_Requests":
        """Requests of the network for a size, None for any; compiled at first use."""
        found = self._compiled.get(size)
        if found is None:
            # Threads that compute yield to threads that submit images; otherwise cores become idle.
            with self._compiling, niced_threads():
                found = self._compiled.get(size)
                if found is None:
                    found = _Requests(self._compile(_sized(self._model, size)))
                    self._compiled[size] = found
        return found

    def _decode(self, requests: "_Requests", image: RgbImage) -> Detections:
        decode = decode_anchor_free if self._anchor_free else decode_end_to_end
        with requests.infer(image) as output:
            return decode(output, self._road_users, self.confidence)

    def _check_runs(self, xml: Path, size: Size | None) -> None:
        """Run the network once in this thread. Raises UnusableWeights where it loads but does not run.

        size: of the image, None where the network takes any.

        The call is needed also because OpenVINO's Python binding initialises itself with the first array, and
        deadlocks where two threads pass the first arrays at once.
        """
        width, height = size or (_TRIAL_STRIDES * self._stride,) * 2
        try:
            self.candidates(np.zeros((height, width, 3), dtype=np.uint8))
        except (RuntimeError, IndexError) as error:
            problem = str(error).strip().splitlines()[-1]
            raise UnusableWeights(f"{xml}: the model does not run ({problem}); export it again") from error


class OpenVinoDetector:
    """See `models.detection.detector.Detector`: one inference per image."""

    def __init__(self, network: OpenVinoNetwork) -> None:
        self._network = network
        self.name, self.in_flight = network.name, network.requests
        # As many images again are queued, so that an idle request never waits for the submitting thread.
        self._detection = BoundedExecutor(self._detect, threads=self.in_flight, max_in_flight=2 * self.in_flight)

    def submit(self, image: RgbImage, parts: ImageParts = ()) -> Future[Detections]:
        return self._detection.submit(image)

    def close(self) -> None:
        self._detection.close()

    def _detect(self, image: RgbImage) -> Detections:
        return merge_riders(nms(self._network.candidates(image)), self._network.confidence)


class _Requests:
    """Compiled network with as many inference requests as keep the device busy."""

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self.count = int(compiled.get_property(properties.optimal_number_of_infer_requests))
        self._idle: SimpleQueue[ov.InferRequest] = SimpleQueue()
        for _ in range(self.count):
            self._idle.put(compiled.create_infer_request())

    @contextmanager
    def infer(self, image: RgbImage) -> Iterator[NDArray[np.float32]]:
        """Output for one image, not copied: valid until the context ends."""
        request = self._idle.get()
        try:
            request.set_input_tensor(ov.Tensor(np.ascontiguousarray(image)[None], shared_memory=True))
            request.start_async()
            request.wait()
            yield request.get_output_tensor(0).data[0]
        finally:
            self._idle.put(request)


def _sized(model: ov.Model, size: Size | None) -> ov.Model:
    """Copy of a network, since compilation changes it. size: (width, height) in whole strides; None keeps the input."""
    sized = model.clone()
    if size is not None:
        sized.reshape([1, 3, size[1], size[0]])
    return sized
