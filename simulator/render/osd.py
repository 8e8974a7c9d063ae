"""The line of text that cameras write on their pictures."""

import cv2

from simulator.render.ground import Image
from simulator.world.scenario import hour_at

_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
_FROM_RIGHT, _BASELINE = 10, 18
"""Pages put their badge at the top left."""


def draw_osd(image: Image, name: str, t: float) -> None:
    """Name and the simulated day's hour and minute, at the top right, in white with a dark edge."""
    hour = hour_at(t)
    text = f"{name.upper()}  {int(hour):02d}:{int(hour * 60) % 60:02d}"
    left = image.shape[1] - _FROM_RIGHT - cv2.getTextSize(text, _FONT, _SIZE, 1)[0][0]
    cv2.putText(image, text, (left + 1, _BASELINE + 1), _FONT, _SIZE, (20, 20, 20), 1, cv2.LINE_AA)
    cv2.putText(image, text, (left, _BASELINE), _FONT, _SIZE, (235, 235, 235), 1, cv2.LINE_AA)
