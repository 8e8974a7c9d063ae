"""Detection on the CPU (or an Intel GPU) with OpenVINO, for any detection model that ultralytics exports."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import properties
from openvino.preprocess import PrePostProcessor

from analytics.detections import Detections
from models.bounded import BoundedDetection
from models.detector import RgbImage
from models.errors import UnusableWeights
from models.fit import letterbox, pad_to_stride
from models.heads import decode_dense, decode_end_to_end, without_duplicates
from models.metadata import read_metadata
from models.riders import merge_riders

_TRIAL_STRIDES = 10
"""Side of the first picture: an end-to-end head wants room for the 300 boxes that it always gives."""

Decoder = Callable[[NDArray[np.float32], NDArray[np.int64], float], Detections]


def devices() -> dict[str, str]:
    """What OpenVINO can run on here: full names by the names that `device` takes."""
    return {device: str(_core().get_property(device, "FULL_DEVICE_NAME")) for device in _core().available_devices}


def find_xml(path: Path) -> Path:
    """The network's .xml: `path` itself, or the only one in that folder. Raises UnusableWeights."""
    found = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    if len(found) != 1 or not found[0].is_file():
        raise UnusableWeights(f"{path}: expected one OpenVINO .xml with its .bin here; give an exported model folder")
    return found[0]


class OpenVinoDetector:
    """See `models.detector.Detector`.

    Networks with a dynamic input take each picture at its own size; those with a fixed one get it letterboxed.
    picture_size: (width, height) that all pictures will have; a dynamic network is compiled for it, which is faster.
    Raises UnusableWeights where the files hold no detection model.
    """

    def __init__(
        self,
        path: Path,
        *,
        confidence: float = 0.25,
        device: str = "CPU",
        picture_size: tuple[int, int] | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        xml = find_xml(path)
        self._metadata = read_metadata(xml.parent / "metadata.yaml")
        self._road_users = self._metadata.road_users
        self._confidence = confidence
        model = _read(xml)
        if picture_size is not None and _fixed_size(model) is None:
            width, height = (-(-side // self._metadata.stride) * self._metadata.stride for side in picture_size)
            model.reshape([1, 3, height, width])
        self._fixed_size = _fixed_size(model)
        self._decode = _head_of(model, len(self._road_users), xml)
        compiled = _compile(model, xml, device, cache_dir)
        # OpenVINO 2026.4 builds its table of array types at first use; two threads that do so at once lock up for good.
        ov.Type.u8.to_dtype()
        self.name = f"{path.stem.removesuffix('_openvino_model')}, OpenVINO {device}"
        self.in_flight = int(compiled.get_property(properties.optimal_number_of_infer_requests))
        self._requests: SimpleQueue[ov.InferRequest] = SimpleQueue()
        for _ in range(self.in_flight):
            self._requests.put(compiled.create_infer_request())
        self._try_out(xml)
        # As many again may wait, so that a request that is done never waits for the thread that submits.
        self._detection = BoundedDetection(self._detect, threads=self.in_flight, room=2 * self.in_flight)

    def submit(self, image: RgbImage) -> Future[Detections]:
        return self._detection.submit(image)

    def close(self) -> None:
        self._detection.close()

    def _try_out(self, xml: Path) -> None:
        """Detect once in this thread: finds networks that load but do not run.

        It also is a must: OpenVINO's Python binding sets itself up on the first array it meets, and hangs for ever
        where two threads bring the first arrays at once.
        """
        side = _TRIAL_STRIDES * self._metadata.stride
        try:
            self._detect(np.zeros((side, side, 3), dtype=np.uint8))
        except (RuntimeError, IndexError) as error:
            problem = str(error).strip().splitlines()[-1]
            raise UnusableWeights(f"{xml}: the model does not run ({problem}); export it again") from error

    def _detect(self, image: RgbImage) -> Detections:
        size = self._fixed_size
        fitted = letterbox(image, size) if size else pad_to_stride(image, self._metadata.stride)
        request = self._requests.get()
        try:
            request.infer({0: fitted.image[None]}, share_inputs=True)
            found = self._decode(request.get_output_tensor(0).data[0], self._road_users, self._confidence)
        finally:
            self._requests.put(request)
        found = Detections(fitted.to_picture(found.xyxy), found.confidence, found.class_id)
        return merge_riders(without_duplicates(found))


@cache
def _core() -> ov.Core:
    """The process has one, for good.

    The CPU plugin of OpenVINO 2026.4 gives the thread that loads it another stack for signals, and puts the one before
    it back when its core goes. Of two cores, the one that goes last puts back the freed stack of the other, and the
    next Ctrl-C ends in a segmentation fault.
    """
    return ov.Core()


def _read(xml: Path) -> ov.Model:
    try:
        return _core().read_model(xml)
    except RuntimeError as error:
        raise UnusableWeights(f"{xml}: OpenVINO cannot read this model; export it again or fetch another") from error


def _fixed_size(model: ov.Model) -> tuple[int, int] | None:
    """(width, height) of a network with a fixed input, None of one that takes any."""
    shape = model.inputs[0].partial_shape
    if shape.rank.is_dynamic or shape[2].is_dynamic or shape[3].is_dynamic:
        return None
    return shape[3].get_length(), shape[2].get_length()


def _head_of(model: ov.Model, classes: int, xml: Path) -> Decoder:
    """Which of the two heads the network has. Raises UnusableWeights for neither."""
    inputs, outputs = (
        [[d.get_length() if d.is_static else None for d in port.partial_shape] for port in ports]
        for ports in (model.inputs, model.outputs)
    )
    one_picture_in = len(inputs) == 1 and len(inputs[0]) == 4 and inputs[0][1] == 3
    if one_picture_in and len(outputs) == 1 and len(outputs[0]) == 3:
        _, rows, columns = outputs[0]
        if rows == 4 + classes:
            return decode_dense
        if columns == 6:
            return decode_end_to_end
    raise UnusableWeights(
        f"{xml}: expected a detection model that takes [1, 3, H, W] and gives [1, {4 + classes}, N] or [1, N, 6]; "
        f"this one takes {inputs} and gives {outputs}"
    )


def _compile(model: ov.Model, xml: Path, device: str, cache_dir: Path | None) -> ov.CompiledModel:
    """The network with a (1, H, W, 3) uint8 RGB input; conversion and scaling happen inside its graph."""
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32).scale(255.0)
    options = {properties.hint.performance_mode: properties.hint.PerformanceMode.THROUGHPUT}
    if cache_dir is not None:
        options[properties.cache_dir] = str(cache_dir)
    try:
        return _core().compile_model(steps.build(), device, options)
    except RuntimeError as error:
        raise UnusableWeights(
            f"{xml}: OpenVINO cannot run this model on {device}; devices here: {', '.join(_core().available_devices)}"
        ) from error
