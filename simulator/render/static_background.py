"""Static background of a camera in one light condition, and the masks of objects that hide road users."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.render.ground import PX_PER_M, GroundTexture, Image, Mask, noise_field
from simulator.render.lighting import Lighting
from simulator.render.rasterizer import COARSE, FINE, SceneRasterizer
from simulator.world.camera_model import IMAGE_SIZE, CameraModel
from simulator.world.street_furniture import Building, Post, StreetFurniture, Tree

LAMP_SPREAD_M, LAMP_COLOUR = 7.5, (1.0, 1.25, 1.5)
"""Standard deviation of the light of a street lamp on the road, metres, and its colour, BGR [assumption]."""

CONTACT_SHADOW = 0.45
"""Share of the light left directly below a road user, 0..1 [assumption]."""

MEADOW, ASPHALT = np.array((72, 110, 106)), np.array((92.0, 92.0, 91.0))
"""Colours of grass and road beyond the ground texture, BGR [assumption]."""

NEAR_M = 75.0
"""Objects farther from the camera than this are no occluders, metres [assumption]."""

_MIN_OCCLUDER_PX = 6
"""Smaller objects are no occluders; pixels at the scale `COARSE` [assumption]."""


@dataclass(frozen=True)
class Occluder:
    """Static object that can hide road users. box: x1, y1, x2, y2 and mask at `COARSE`. depth: metres."""

    box: tuple[int, int, int, int]
    mask: Mask
    depth: float


@dataclass(frozen=True)
class StaticBackground:
    """Images at `COARSE`: lit, in the cast shadow of a road user, and directly below one."""

    plain: Image
    shadowed: Image
    contact: Image
    occluders: tuple[Occluder, ...]


def render_background(
    ground: GroundTexture,
    furniture: StreetFurniture,
    camera: CameraModel,
    lighting: Lighting,
    *,
    far: str,
    rng: np.random.Generator,
) -> StaticBackground:
    """Render the background of a camera under one light. far: background at the horizon, "hills" or "sea"."""
    road = _ground_image(ground, furniture, camera, lighting, rng)
    rasterizer = SceneRasterizer(_with_sky(road, camera, lighting, far, rng), camera, lighting)
    things: list[Building | Tree | Post] = [*furniture.buildings, *furniture.trees, *furniture.posts]
    away = np.array([np.linalg.norm(thing.position - camera.eye[:2]) for thing in things])
    numbered = [int(k) for k in np.argsort(-away)]
    for k in numbered:
        thing = things[k]
        if isinstance(thing, Building):
            rasterizer.building(thing, k + 1)
        elif isinstance(thing, Tree):
            rasterizer.tree(thing, k + 1)
        else:
            rasterizer.post(thing, k + 1)
    _cables(rasterizer, furniture)
    size = IMAGE_SIZE[0] * COARSE, IMAGE_SIZE[1] * COARSE
    plain = _through_the_lens(
        np.asarray(cv2.resize(rasterizer.canvas, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    )
    near = [k for k in numbered if away[k] < NEAR_M]
    occluders = [_occluder(rasterizer.owner, k + 1, float(away[k])) for k in near]
    return StaticBackground(
        plain=plain,
        shadowed=(plain * np.array([lighting.shadow * 1.04, lighting.shadow, lighting.shadow * 0.97])).astype(np.uint8),
        contact=(plain * CONTACT_SHADOW).astype(np.uint8),
        occluders=tuple(o for o in occluders if o is not None),
    )


def _occluder(owner: NDArray[np.uint16], number: int, depth: float) -> Occluder | None:
    rows, columns = np.nonzero(owner == number)
    if len(rows) < _MIN_OCCLUDER_PX:
        return None
    box = int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    mask = (owner[box[1] : box[3], box[0] : box[2]] == number).astype(np.uint8) * 255
    return Occluder(box, mask, depth)


def _ground_image(
    ground: GroundTexture, furniture: StreetFurniture, camera: CameraModel, lighting: Lighting, rng: np.random.Generator
) -> Image:
    """Ground at `FINE` with the shadows of all objects; black above the horizon."""
    up = lighting.shade(np.array([0.0, 0.0, 1.0]))
    light = np.ones(ground.asphalt.shape, np.float32)
    if lighting.direct > 0.2:
        light -= (1 - lighting.shadow) * _shadows(ground, furniture, lighting)
    lit = ground.colours * light[..., None] * up
    if lighting.lamps:
        lit += ground.colours * _lamp_pools(ground, furniture)[..., None] * np.array(LAMP_COLOUR) * 0.55
    if lighting.wet:
        puddles = np.clip(0.42 + 0.22 * noise_field(rng, ground.asphalt.shape, (14, 60)), 0.15, 0.8)
        share = np.where(ground.asphalt > 0, puddles * 0.62, 0.12)[..., None]
        lit = lit * 0.72 * (1 - share) + np.array(lighting.sky[1]) * share * 0.85
    positions = camera.eye[:2] + _rays(camera)
    to = cv2.getPerspectiveTransform(
        ground.texels(positions).astype(np.float32), camera.project_ground(positions, FINE).astype(np.float32)
    )
    size = IMAGE_SIZE[0] * FINE, IMAGE_SIZE[1] * FINE
    image = cv2.warpPerspective(
        np.clip(lit, 0, 255).astype(np.uint8), to, size, flags=cv2.INTER_LINEAR, borderValue=(MEADOW * up).tolist()
    )
    far_road = np.round(camera.project_ground(ground.far_road, FINE) * 16).astype(np.int32)
    cv2.fillConvexPoly(image, far_road, (ASPHALT * up).tolist(), cv2.LINE_AA, 4)
    return np.asarray(image, dtype=np.uint8)


def _rays(camera: CameraModel) -> NDArray[np.float64]:
    """Four ground positions (4, 2) in front of the camera, for the perspective transform."""
    right = np.array([camera.ahead[1], -camera.ahead[0]])
    return np.array([ahead * camera.ahead + side * right for ahead, side in ((60, -30), (60, 30), (10, -9), (10, 9))])


def _shadows(ground: GroundTexture, furniture: StreetFurniture, lighting: Lighting) -> NDArray[np.float32]:
    mask = np.zeros(ground.asphalt.shape, np.uint8)
    fall = -lighting.sun[:2] / lighting.sun[2]
    for building in furniture.buildings:
        corners = np.concatenate([building.corners, building.corners + fall * building.height_m])
        hull = cv2.convexHull(np.round(ground.texels(corners)).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, (255,))
    for tree in furniture.trees:
        rng = np.random.default_rng([tree.number, 6])
        middle = tree.position + fall * (tree.height_m - tree.crown_m)
        for blob in rng.normal(0, 0.5, (26, 2)) * tree.crown_m:
            at = tuple(int(v) for v in ground.texels(middle + blob)[0])
            cv2.circle(mask, at, round(tree.crown_m * 0.3 * PX_PER_M), (235,), -1)
    for post in furniture.posts:
        ends = ground.texels([post.position, post.position + fall * post.height_m]).astype(int)
        cv2.line(mask, tuple(ends[0].tolist()), tuple(ends[1].tolist()), (200,), 2)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 2.2) / 255, dtype=np.float32)


def _lamp_pools(ground: GroundTexture, furniture: StreetFurniture) -> NDArray[np.float32]:
    """Light of the street lamps (H, W) on the ground texture; 1 directly below a lamp."""
    small = 8
    height, width = (size // small for size in ground.asphalt.shape)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    total = np.zeros((height, width), np.float32)
    for post in furniture.posts:
        if post.signal is None:
            x, y = ground.texels(post.position + post.reach)[0] / small
            spread = LAMP_SPREAD_M * PX_PER_M / small
            total += np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * spread**2))
    return np.asarray(cv2.resize(np.minimum(total, 1.3), ground.asphalt.shape[::-1]), dtype=np.float32)


def _with_sky(road: Image, camera: CameraModel, lighting: Lighting, far: str, rng: np.random.Generator) -> Image:
    """Add haze to the far ground, and above the horizon sky, clouds, and hills or the sea."""
    height, width = road.shape[:2]
    down = camera.axes[1] @ np.array([0, 0, 1.0]), camera.axes[2] @ np.array([0, 0, 1.0])
    rows = (np.arange(height) / FINE - IMAGE_SIZE[1] / 2) / camera.focal_px
    sink = -(rows * down[0] + down[1])
    distance = np.where(sink > 1e-3, camera.eye[2] / np.maximum(sink, 1e-3), 1e4)
    fade = np.exp(-distance / lighting.haze_m)[:, None, None]
    image = road * fade + np.array(lighting.haze) * (1 - fade)
    horizon = int(np.searchsorted(sink, 1e-3))
    if horizon > 0:
        top, low = np.array(lighting.sky[0]), np.array(lighting.sky[1])
        share = (np.linspace(0, 1, horizon) ** 0.8)[:, None, None]
        clouds = np.clip(noise_field(rng, (horizon, width), (90, 260)), 0, 1.5)[..., None] * 9
        image[:horizon] = np.clip(top * (1 - share) + low * share + clouds * (1 - share * 0.5), 0, 255)
    return _with_skyline(np.clip(image, 0, 255).astype(np.uint8), horizon, lighting, far, rng)


def _with_skyline(image: Image, horizon: int, lighting: Lighting, far: str, rng: np.random.Generator) -> Image:
    width = image.shape[1]
    base = lighting.shade(np.array([0.0, 0.0, 1.0]))
    if far == "sea":
        colour = np.array((150, 130, 96)) * base * 0.6 + np.array(lighting.haze) * 0.4
        cv2.rectangle(image, (0, horizon - 10), (width, horizon + 26), tuple(np.clip(colour, 0, 255).tolist()), -1)
    for layer, (rise, paleness) in enumerate(((70, 0.72), (38, 0.5))):
        height = rise * (0.8 if far == "hills" else 0.25)
        crest = noise_field(rng, (2, width), (400, 140, 24))[0] * rise * 0.35 + height
        outline = np.column_stack([np.arange(width), horizon + 24 - np.maximum(crest, 4)])
        ring = np.concatenate([outline, [[width, horizon + 24], [0, horizon + 24]]])
        colour = np.array((70, 92, 66)) * base * (1 - paleness) + np.array(lighting.haze) * paleness
        cv2.fillPoly(image, [ring.astype(np.int32)], tuple(np.clip(colour, 0, 255).tolist()), cv2.LINE_AA)
        if far == "sea" and layer == 0:
            break
    return image


def _cables(rasterizer: SceneRasterizer, furniture: StreetFurniture) -> None:
    lamps = [post for post in furniture.posts if post.signal is None]
    for a, b in zip(lamps[:-2], lamps[2:], strict=True):
        if np.linalg.norm(a.position - b.position) < 70:
            for drop in (0.9, 1.2, 1.6):
                rasterizer.cable(np.append(a.position, a.height_m - drop), np.append(b.position, b.height_m - drop))


def _through_the_lens(image: Image) -> Image:
    """Darken the corners of the image, as a lens does."""
    height, width = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(image * (1 - 0.16 * (x**2 + y**2) ** 1.2 / 2.3)[..., None], dtype=np.uint8)
