"""Export of a .pt to OpenVINO, ONNX or TensorRT."""

import warnings
from pathlib import Path

from models.detection.loader import has_ultralytics
from models.detection.ultralytics import import_ultralytics
from models.errors import UnusableWeights


def export_weights(path: Path, *, to: str = "openvino", imgsz: int = 640, half: bool = False) -> Path:
    """Export beside the .pt; return the new file or folder. The input stays dynamic: any image size works.

    to: "openvino", "onnx" or "engine" (TensorRT). imgsz: side in pixels for which the runtime is tuned.
    half: store weights as FP16.
    Raises UnusableWeights where the export fails.
    """
    if not has_ultralytics():
        raise UnusableWeights(f"{path}: exporting needs ultralytics and torch; run `pip install 'simpang[yolo]'`")
    if path.suffix != ".pt":
        raise UnusableWeights(f"{path}: only a .pt can be exported; give one, or fetch it with `simpang models fetch`")
    ultralytics = import_ultralytics()
    try:
        with warnings.catch_warnings():
            # ultralytics uses a torch interface that newer versions call deprecated.
            warnings.simplefilter("ignore")
            model = ultralytics.YOLO(path)
            return Path(
                model.export(format=to, imgsz=imgsz, quantize=16 if half else None, dynamic=True, verbose=False)
            )
    except (RuntimeError, ValueError, TypeError, KeyError, EOFError, ImportError, OSError) as error:
        problem = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UnusableWeights(f"{path}: cannot be exported to {to} ({problem})") from error
