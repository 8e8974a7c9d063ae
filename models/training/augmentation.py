"""Augmentation of crops by what street cameras do: night, glare, rain, blur, compression, captions, tilt."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.road_users import ROAD_USERS, RoadUser
from models.detection.letterbox import PADDING_GREY
from models.training.dataset import Labels

Image = NDArray[np.uint8]
"""Crop (H, W, 3), RGB."""


MAX_TILT_DEG = 7.0
"""Largest rotation of a tilted crop, degrees [assumption]."""

NIGHT_GAMMA, NIGHT_GAIN = (1.2, 2.4), (0.25, 0.75)
"""Ranges of the gamma and the gain that turn a crop by day into one by night [assumption]."""

STREET_LIGHT = np.array([[1.0, 0.85, 0.6], [0.85, 0.95, 1.1], [1.0, 1.0, 1.0]])
"""RGB tints of street lighting: sodium, cold LED, neutral [assumption]."""

LIT_SHARE, BEAM_SHARE = 0.75, 0.4
"""Shares of the road users with lamps at night, and of the lamps with a reflection on the road [assumption]."""

LAMP_COLOURS = np.array([[255.0, 250.0, 235.0], [255.0, 60.0, 40.0]])
"""RGB of head and tail lamps [assumption]."""

LAMPS = {RoadUser.CAR: 2, RoadUser.BUS: 2, RoadUser.TRUCK: 2, RoadUser.MOTORCYCLE: 1}
"""Lamps on one end of a vehicle. [assumption]"""

JPEG_QUALITY = (10, 45)
"""Range of the JPEG quality that imitates a low bit rate, 0..100 [assumption]."""

MAX_BLUR_SIGMA_PX, MAX_MOTION_BLUR_PX = 1.6, 7
"""Largest blur of the optics and of motion, pixels [assumption]."""

MAX_NOISE_LEVELS = 14.0
"""Largest standard deviation of sensor noise, grey levels [assumption]."""

MAX_VEIL = 0.45
"""Largest share of light that rain or mist scatters into the picture [assumption]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFaults:
    """Share of the crops, 0..1, that get each fault, independently of the others [assumption].

    night: only crops taken by day. bit_rate: block artefacts. infrared: grey, as of a camera with infrared lamps.
    """

    night: float = 0.25
    glare: float = 0.08
    rain: float = 0.12
    blur: float = 0.15
    bit_rate: float = 0.35
    infrared: float = 0.06
    captions: float = 0.1
    noise: float = 0.15
    tilt: float = 0.2

    def apply(self, image: Image, labels: Labels, is_day: bool, rng: np.random.Generator) -> tuple[Image, Labels]:
        """Crop and labels with random faults. is_day: whether the picture was taken by day."""
        f, draw = self, rng.random
        if draw() < f.tilt:
            image, labels = tilted(image, labels, rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG))
        if is_day and draw() < f.night:
            image = made_night(image, labels, rng)
        effects: tuple[tuple[float, Callable[[Image, np.random.Generator], Image]], ...] = (
            (f.infrared, infrared),
            (f.glare, glare),
            (f.rain, rain),
            (f.blur, blurred),
            (f.noise, noisy),
            (f.captions, captioned),
            (f.bit_rate, compressed),
        )
        for share, effect in effects:
            if draw() < share:
                image = effect(image, rng)
        return image, labels


def tilted(image: Image, labels: Labels, degrees: float) -> tuple[Image, Labels]:
    """Crop rotated about its centre; boxes around the rotated ellipses that fill them."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(image, turn, (width, height), borderValue=(PADDING_GREY,) * 3)
    centre = (labels.xyxy[:, :2] + labels.xyxy[:, 2:]) / 2 @ turn[:, :2].T + turn[:, 2]
    half = np.sqrt(((labels.xyxy[:, 2:] - labels.xyxy[:, :2]) / 2) ** 2 @ (turn[:, :2] ** 2).T)
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    inside = np.clip(boxes, 0, np.tile((width, height), 2)).astype(np.float32)
    kept = ((inside[:, 2:] - inside[:, :2]) > 1).all(axis=1)
    moved = replace(labels, xyxy=inside[kept], class_id=labels.class_id[kept], is_labelled=labels.is_labelled[kept])
    return np.asarray(turned, dtype=np.uint8), moved


def made_night(image: Image, labels: Labels, rng: np.random.Generator) -> Image:
    """Crop by day, darkened as by night, with lamps on its vehicles."""
    tint = STREET_LIGHT[rng.integers(len(STREET_LIGHT))]
    light = (image / 255.0) ** rng.uniform(*NIGHT_GAMMA) * rng.uniform(*NIGHT_GAIN) * tint * 255
    is_vehicle = labels.is_labelled & np.isin(labels.class_id, [ROAD_USERS.index(k) for k in LAMPS])
    for box, class_id in zip(labels.xyxy[is_vehicle], labels.class_id[is_vehicle], strict=True):
        if rng.random() < LIT_SHARE:
            _add_lamps(light, box, LAMPS[ROAD_USERS[class_id]], rng)
    return _as_uint8(light)


def _add_lamps(light: NDArray[np.float64], box: NDArray[np.float32], count: int, rng: np.random.Generator) -> None:
    """Add the lamps of one vehicle, on its front or its back, and their reflection on the road."""
    x1, y1, x2, y2 = box.tolist()
    width, height = x2 - x1, y2 - y1
    is_front = rng.random() < 0.5
    colour = LAMP_COLOURS[0 if is_front else 1] * rng.uniform(0.6, 1.5)
    sigma = width * rng.uniform(0.06, 0.16) * (1.5 if count == 1 else 1.0)
    v = y1 + height * rng.uniform(0.45, 0.75)
    places = [x1 + width * 0.5] if count == 1 else [x1 + width * 0.18, x2 - width * 0.18]
    for u in places:
        _add_glow(light, (u, v), (sigma, sigma), colour)
        if rng.random() < BEAM_SHARE:
            _add_glow(light, (u, y2 + height * 0.35), (sigma, height * 0.4), colour * 0.4)


def _add_glow(
    light: NDArray[np.float64], centre: tuple[float, float], sigma: tuple[float, float], colour: NDArray[np.float64]
) -> None:
    """Add a Gaussian spot of light, centre and sigma in pixels, within three sigma."""
    height, width = light.shape[:2]
    (left, right), (top, bottom) = (
        (max(0, int(c - 3 * s)), min(limit, int(c + 3 * s) + 2))
        for c, s, limit in zip(centre, sigma, (width, height), strict=True)
    )
    if left >= right or top >= bottom:
        return
    u = np.exp(-(((np.arange(left, right) - centre[0]) / max(sigma[0], 0.5)) ** 2) / 2)
    v = np.exp(-(((np.arange(top, bottom) - centre[1]) / max(sigma[1], 0.5)) ** 2) / 2)
    light[top:bottom, left:right] += (v[:, None] * u[None, :])[..., None] * colour


def infrared(image: Image, rng: np.random.Generator) -> Image:
    """Grey crop with the contrast of a camera with infrared lamps."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    return _as_uint8(np.repeat((grey * rng.uniform(0.8, 1.3) + rng.uniform(-10, 15))[..., None], 3, axis=2))


def glare(image: Image, rng: np.random.Generator) -> Image:
    """Crop with a lamp or the low sun shining into the lens."""
    height, width = image.shape[:2]
    light = image.astype(np.float64)
    centre = rng.uniform(0, width), rng.uniform(0, height)
    sigma = width * rng.uniform(0.05, 0.35)
    _add_glow(light, centre, (sigma, sigma), np.array([255.0, 245.0, 225.0]) * rng.uniform(0.4, 1.2))
    return _as_uint8(light)


def rain(image: Image, rng: np.random.Generator) -> Image:
    """Crop through rain: a veil of scattered light, streaks, and drops on the lens."""
    height, width = image.shape[:2]
    veil = rng.uniform(0, MAX_VEIL)
    seen = image * (1 - veil) + veil * rng.uniform(110, 200)
    if rng.random() < 0.6:
        bright = (rng.random((height, width)) < rng.uniform(0.001, 0.006)).astype(np.float32) * 255
        length = int(rng.integers(5, 15))
        streaks = np.asarray(cv2.filter2D(bright, -1, np.ones((length, 1), np.float32) / length), np.float64)
        seen = seen + streaks[..., None] * rng.uniform(0.3, 1.2)
    result = _as_uint8(seen)
    if rng.random() < 0.6:
        drops = np.zeros((height, width), np.uint8)
        for _ in range(int(rng.integers(1, 8))):
            radius = int(width * rng.uniform(0.01, 0.07)) + 1
            cv2.circle(drops, (int(rng.integers(width)), int(rng.integers(height))), radius, 255, -1)
        smear = cv2.GaussianBlur(result, (0, 0), width * 0.02)
        mix = cv2.GaussianBlur(drops, (0, 0), 2)[..., None] / 255
        result = _as_uint8(result * (1 - mix) + (smear * 1.1) * mix)
    return result


def blurred(image: Image, rng: np.random.Generator) -> Image:
    """Crop out of focus, or blurred by motion."""
    if rng.random() < 0.7:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, MAX_BLUR_SIGMA_PX)), np.uint8)
    length = int(rng.integers(2, MAX_MOTION_BLUR_PX + 1))
    kernel = np.ones((1, length), np.float32) / length
    return np.asarray(cv2.filter2D(image, -1, kernel), np.uint8)


def noisy(image: Image, rng: np.random.Generator) -> Image:
    """Crop with sensor noise."""
    return _as_uint8(image + rng.normal(0, rng.uniform(2, MAX_NOISE_LEVELS), image.shape))


def captioned(image: Image, rng: np.random.Generator) -> Image:
    """Crop with a line of text, as of a camera's name and clock, on a box or without one."""
    height, width = image.shape[:2]
    text = "".join(rng.choice(list("0123456789:-/ CAMJLSIMPANG"), int(rng.integers(6, 22))))
    size, place = rng.uniform(0.3, 0.9), (int(rng.integers(-20, width // 2)), int(rng.integers(10, height)))
    (text_width, text_height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    drawn = image.copy()
    if rng.random() < 0.3:
        cv2.rectangle(drawn, place, (place[0] + text_width, place[1] - text_height), (0, 0, 0), -1)
    colour = (255, 255, 255) if rng.random() < 0.7 else (255, 230, 60)
    cv2.putText(drawn, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
    return drawn


def compressed(image: Image, rng: np.random.Generator) -> Image:
    """Crop with the block artefacts of a low bit rate, sometimes sent at a smaller size."""
    height, width = image.shape[:2]
    sent = image
    if rng.random() < 0.4:
        share = rng.uniform(0.5, 0.85)
        sent = np.asarray(cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
    quality = int(rng.integers(*JPEG_QUALITY))
    _, data = cv2.imencode(".jpg", sent[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]
    return np.ascontiguousarray(cv2.resize(decoded, (width, height)), dtype=np.uint8)


def _as_uint8(light: NDArray[Any]) -> Image:
    return np.asarray(np.clip(light, 0, 255), dtype=np.uint8)
