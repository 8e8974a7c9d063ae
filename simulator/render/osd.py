"""On-screen display: the line of text that a camera writes on its frames."""

import cv2

from simulator.render.ground import Image
from simulator.world.scenario import hour_at

_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
"""Font, and factor on its base size [source: OpenCV `fontScale`]."""

_FROM_RIGHT, _BASELINE = 10, 18
"""Distance of the text from the right edge and of its baseline from the top, pixels.

The portal shows its badge at the top left.
"""


def draw_osd(image: Image, name: str, t: float) -> None:
    """Write name and simulated hour and minute at the top right of `image`, in place, white with a dark edge."""
    hour = hour_at(t)
    text = f"{name.upper()}  {int(hour):02d}:{int(hour * 60) % 60:02d}"
    left = image.shape[1] - _FROM_RIGHT - cv2.getTextSize(text, _FONT, _SIZE, 1)[0][0]
    cv2.putText(image, text, (left + 1, _BASELINE + 1), _FONT, _SIZE, (20, 20, 20), 1, cv2.LINE_AA)
    cv2.putText(image, text, (left, _BASELINE), _FONT, _SIZE, (235, 235, 235), 1, cv2.LINE_AA)
