"""Check for the hardware on which TensorRT engines are built."""

from models.detection.tensorrt_cache import Hardware, this_hardware
from pipelines.errors import UserError


def require_hardware() -> Hardware:
    """Return the GPU and TensorRT of this machine. Raises UserError, with advice, where one is missing."""
    hardware = this_hardware()
    if hardware is None:
        raise UserError(
            "an engine is built on the GPU that will run it, and here is no CUDA GPU or no TensorRT; do it there, "
            "after `pip install 'simpang[yolo,tensorrt]'`"
        )
    return hardware
