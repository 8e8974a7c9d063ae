"""From decoded frames to the pictures that the detector sees."""

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from models.detector import RgbImage
from models.view import View


class Pictures:
    """Scales, cuts and converts frames as a view wants them. Not thread-safe; one for each camera."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._reformatter = VideoReformatter()

    def take(self, frame: av.VideoFrame) -> RgbImage:
        width, height = self._view.scaled_size
        how = "AREA" if width < frame.width else "BICUBIC"
        rgb = self._reformatter.reformat(frame, width, height, format="rgb24", interpolation=how, threads=1)
        left, top, span_u, span_v = self._view.window
        return np.ascontiguousarray(rgb.to_ndarray()[top : top + span_v, left : left + span_u])
