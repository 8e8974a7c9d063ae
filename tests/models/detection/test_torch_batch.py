"""Pictures into one tensor, and boxes out of raw outputs: the same as `yolo_postprocess` finds in numpy."""

from importlib.util import find_spec

import numpy as np
import pytest

from models.detection.letterbox import PADDING_GREY
from models.detection.yolo_postprocess import decode_anchor_free, decode_end_to_end

if find_spec("torch") is None:
    pytest.skip("needs torch (extra `yolo`)", allow_module_level=True)

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from models.detection.torch_batch import BoxDecoder, as_batch, on_device

ROAD_USERS_OF_CLASSES = np.array([5, -1, 0, 3], dtype=np.int64)
CPU = torch.device("cpu")


def candidates(output, road_users, confidence):
    return BoxDecoder(road_users, confidence, CPU).decode(output)


def test_pictures_of_mixed_sizes_lie_in_the_corner_of_a_common_size():
    small = np.full((30, 50, 3), (255, 0, 0), dtype=np.uint8)
    wide = np.zeros((20, 100, 3), dtype=np.uint8)
    batch = as_batch([on_device(picture, CPU) for picture in (small, wide)], 32)
    assert batch.shape == (2, 3, 32, 128)
    assert batch[0, :, 29, 49].tolist() == [1, 0, 0]
    assert batch[0, :, 30, 0] == pytest.approx(PADDING_GREY / 255)
    assert batch[0, :, 0, 50] == pytest.approx(PADDING_GREY / 255)
    assert batch[1, :, :20, :100].max() == 0


def test_a_batch_of_half_precision_is_as_bright_as_the_network_rounds_it():
    grey = np.arange(256, dtype=np.uint8).repeat(3).reshape(8, 32, 3)
    whole, half = (as_batch([on_device(grey, CPU)], 32, dtype) for dtype in (torch.float32, torch.float16))
    assert half.dtype == torch.float16
    assert torch.equal(half, whole.half())


class TensorsOfHostMemory(TorchDispatchMode):
    """Shapes of the tensors that are made from memory of Python."""

    def __init__(self):
        super().__init__()
        self.shapes = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.lift_fresh.default:
            self.shapes.append(tuple(args[0].shape))
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("shape", [(2, 8, 50), (2, 50, 6)])
def test_a_batch_brings_no_table_to_the_device(shape):
    """On a GPU the thread waits at each of them until the network has run."""
    decoder = BoxDecoder(ROAD_USERS_OF_CLASSES, 0.5, CPU)
    output = torch.rand(shape)
    with TensorsOfHostMemory() as made:
        decoder.decode(output)
    assert made.shapes == []


def test_pixels_that_are_on_the_device_stay_there():
    there = torch.zeros((8, 8, 3), dtype=torch.uint8)
    assert on_device(there, CPU).data_ptr() == there.data_ptr()


def test_the_dense_head_is_read_as_in_numpy():
    output = np.random.default_rng(3).random((3, 8, 200), dtype=np.float32)
    found = candidates(torch.from_numpy(output), ROAD_USERS_OF_CLASSES, 0.7)
    assert len(found) == 3
    for (boxes, confidence, kinds), raw in zip(found, output, strict=True):
        expected = decode_anchor_free(raw, ROAD_USERS_OF_CLASSES, 0.7)
        assert len(boxes) == len(expected) > 0
        assert boxes == pytest.approx(expected.xyxy, abs=1e-5)
        assert confidence == pytest.approx(expected.confidence)
        assert kinds.tolist() == expected.class_id.tolist()


def test_the_end_to_end_head_is_read_as_in_numpy():
    random = np.random.default_rng(4)
    output = random.random((2, 50, 6), dtype=np.float32)
    output[..., 5] = random.integers(0, 4, (2, 50))
    found = candidates(torch.from_numpy(output), ROAD_USERS_OF_CLASSES, 0.5)
    for (boxes, confidence, kinds), raw in zip(found, output, strict=True):
        expected = decode_end_to_end(raw, ROAD_USERS_OF_CLASSES, 0.5)
        assert len(boxes) == len(expected) > 0
        assert boxes == pytest.approx(expected.xyxy)
        assert confidence == pytest.approx(expected.confidence)
        assert kinds.tolist() == expected.class_id.tolist()


def test_half_precision_outputs_are_read_too():
    output = torch.rand((1, 8, 20)).half()
    ((boxes, _, _),) = candidates(output, ROAD_USERS_OF_CLASSES, 0.1)
    assert boxes.dtype == np.float32
    assert len(boxes) > 0


def test_nothing_found_is_no_rows():
    ((boxes, confidence, kinds),) = candidates(torch.zeros((1, 8, 20)), ROAD_USERS_OF_CLASSES, 0.5)
    assert boxes.shape == (0, 4)
    assert confidence.shape == kinds.shape == (0,)


def test_an_output_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="expected an output"):
        candidates(torch.zeros((1, 116, 20)), ROAD_USERS_OF_CLASSES, 0.5)
