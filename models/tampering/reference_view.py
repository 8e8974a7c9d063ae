"""Reference of a camera's view, learned over time, and its alignment in a new image."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tampering.config import DEFAULT_CONFIG, TamperingConfig
from models.tampering.edge_orientation import share_in_place
from models.tampering.image_stats import BLOCK_PX, BlockStats, Floats, Grey, brightness_distance

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Affine map (2, 3) of an unmoved view."""

CORNER_WINDOW_PX = 5
"""Window of the corner measure (minimal eigenvalue of the structure tensor), pixels [assumption]."""

QUARTERS = (0.25, 0.75)
"""Centres of the four quarters of an image, as shares of its sides; their mean motion is the displacement."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Place of the reference in an image.

    agreement: share of the anchor blocks that were found and moved together. unmoved_share: share that did not move,
    which is evidence of traffic, not of the camera. matrix: (2, 3), reference to image pixels, with shift, rotation and
    zoom; None where too few blocks agree.
    """

    agreement: float
    unmoved_share: float
    matrix: NDArray[np.float64] | None

    def displacement(self, size: tuple[int, int]) -> float:
        """Mean motion, pixels, of the centres of the four quarters of a (width, height) image; infinite if unknown."""
        if self.matrix is None:
            return float("inf")
        points = np.array([(u, v) for u in QUARTERS for v in QUARTERS]) * size
        moved = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return float(np.linalg.norm(moved - points, axis=1).mean())

    @property
    def rotation_deg(self) -> float:
        """Rotation, degrees; 0 if unknown."""
        return 0.0 if self.matrix is None else float(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))


@dataclass
class ReferenceView:
    """Usual image of a view. It is learned slowly, so that traffic averages out and the light may change.

    Each image is moved back to the first one's place before it is learned: a view that creeps away is not followed.
    contrast, high_frequency_ratio: of its blocks. sharpness: the static part of that ratio, without the noise of a dark
    image. anchor_blocks: rows of the blocks by which the view is recognised. recognition_rate: recent share of checks
    in which it was recognised, 0..1. updates: number of images learned.
    """

    image: Floats
    high_frequency_ratio: Floats
    recognition_rate: float = 0.5
    contrast: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    anchor_blocks: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    sharpness: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    updates: int = 0
    config: TamperingConfig = DEFAULT_CONFIG

    @classmethod
    def of(cls, images: Sequence[Grey], config: TamperingConfig = DEFAULT_CONFIG) -> "ReferenceView":
        """Reference from images of one size, in which each place is free of traffic more often than not."""
        ratios = [BlockStats.of(image.astype(np.float32)).high_frequency_ratio for image in images]
        return cls.restored(np.median(images, axis=0).astype(np.float32), np.mean(ratios, axis=0), config=config)

    @classmethod
    def restored(
        cls,
        image: Floats,
        high_frequency_ratio: Floats,
        recognition_rate: float = 0.5,
        updates: int = 0,
        config: TamperingConfig = DEFAULT_CONFIG,
    ) -> "ReferenceView":
        """Reference from stored arrays. Raises ValueError where their sizes do not match."""
        if high_frequency_ratio.shape != BlockStats.of(image).high_frequency_ratio.shape:
            raise ValueError(f"{len(high_frequency_ratio)} blocks do not make an image of {image.shape} pixels")
        reference = cls(image, high_frequency_ratio, recognition_rate, updates=updates, config=config)
        reference._select_anchor_blocks()
        return reference

    def copy(self) -> "ReferenceView":
        """Independent copy."""
        return self._with_image(self.image.copy())

    def warp_to(self, matrix: NDArray[np.float64]) -> "ReferenceView":
        """Return the reference in the place of another. matrix: (2, 3), where the other was found in this one."""
        return self._with_image(_warp_back(self.image, matrix))

    def _with_image(self, image: Floats) -> "ReferenceView":
        return ReferenceView.restored(
            image, self.high_frequency_ratio.copy(), self.recognition_rate, self.updates, self.config
        )

    def learn(self, image: Grey, blocks: BlockStats, weight: float, matrix: NDArray[np.float64]) -> None:
        """Average an image into the reference. weight: of this image, 0..1. matrix: of the image's `Alignment`."""
        back = _warp_back(image.astype(np.float32), translation_part(matrix, image.shape))
        step = self.config.learning_step
        self.image += weight * np.clip(back - self.image, -step, step)
        self.high_frequency_ratio += weight * (blocks.high_frequency_ratio - self.high_frequency_ratio)
        self.updates += 1
        if self.updates % self.config.reselect_updates == 0:
            self._select_anchor_blocks()

    def _select_anchor_blocks(self) -> None:
        """Select the blocks with most detail in two directions; along a single edge a block's place is ambiguous."""
        blocks = BlockStats.of(self.image)
        corners = cv2.boxFilter(cv2.cornerMinEigenVal(self.image, CORNER_WINDOW_PX), -1, (BLOCK_PX, BLOCK_PX))
        strength = corners[blocks.tops + BLOCK_PX // 2, blocks.lefts + BLOCK_PX // 2]
        usable = np.flatnonzero(blocks.contrast >= self.config.min_block_contrast)
        self.contrast = blocks.contrast
        self.sharpness = np.minimum(self.high_frequency_ratio, blocks.high_frequency_ratio)
        self.anchor_blocks = usable[np.argsort(strength[usable])[::-1][: self.config.anchor_blocks]]

    def align(self, image: Grey, blocks: BlockStats, near: NDArray[np.float64]) -> Alignment:
        """Place of the reference in an image, searched around `near` (2, 3), then by edges, then anywhere."""
        config, values = self.config, image.astype(np.float32)
        here = self._match_blocks(values, blocks, near)
        if here.matrix is not None or not len(self.anchor_blocks):
            return here
        same_light = brightness_distance(self.image, values) < config.same_light_distance
        in_place = share_in_place(self.image, image, config.same_light_edge_share if same_light else 0.0, config)
        if in_place >= config.edges_in_place_share:
            return Alignment(in_place, in_place, IDENTITY)
        (du, dv), _ = cv2.phaseCorrelate(_edge_strength(self.image), _edge_strength(values))
        elsewhere = self._match_blocks(values, blocks, np.array([[1.0, 0.0, du], [0.0, 1.0, dv]]))
        is_better = elsewhere.agreement > here.agreement
        return replace(elsewhere, unmoved_share=here.unmoved_share) if is_better else here

    def _match_blocks(self, values: Floats, blocks: BlockStats, near: NDArray[np.float64]) -> Alignment:
        """Alignment from template matching of the anchor blocks around `near`."""
        search = self.config.search_px
        corners = np.stack([blocks.lefts, blocks.tops], axis=1)[self.anchor_blocks]
        centres = corners.astype(np.float64) + BLOCK_PX / 2
        expected = np.rint(centres @ near[:, :2].T + near[:, 2] - centres).astype(np.intp) + corners
        first = np.maximum(expected - search, 0)
        last = np.minimum(expected + BLOCK_PX + search, values.shape[::-1])
        inside = np.flatnonzero((last - first).min(axis=1) >= BLOCK_PX + search)
        found, places = [], []
        for k in inside:
            (left, top), (u1, v1), (u2, v2) = corners[k], first[k], last[k]
            block = self.image[top : top + BLOCK_PX, left : left + BLOCK_PX]
            scores = np.asarray(cv2.matchTemplate(values[v1:v2, u1:u2], block, cv2.TM_CCOEFF_NORMED), np.float32)
            _, best, _, (u, v) = cv2.minMaxLoc(scores)
            if best >= self.config.min_block_correlation:
                u_sub, v_sub = _subpixel_peak(scores, u, v)
                found.append(k)
                places.append((u1 + u_sub + BLOCK_PX / 2, v1 + v_sub + BLOCK_PX / 2))
        return _fit_alignment(centres[found], np.array(places), len(inside), self.config)


def translation_part(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Translation of the image centre by `matrix`; errors of rotation and zoom would add up over updates."""
    centre = np.array([shape[1], shape[0]]) / 2
    shift = matrix[:, :2] @ centre + matrix[:, 2] - centre
    return np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])


def _warp_back(values: Floats, matrix: NDArray[np.float64]) -> Floats:
    """Image under the inverse of an affine map; pixels outside repeat the border."""
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(values, matrix, values.shape[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _fit_alignment(
    usual: NDArray[np.float64], found: NDArray[np.float64], searched: int, config: TamperingConfig
) -> Alignment:
    """Similarity transform between usual and found places, (M, 2) each, by RANSAC. searched: number of blocks."""
    if len(usual) < config.min_found_blocks:
        return Alignment(0.0, 0.0, None)
    unmoved = float(np.count_nonzero(np.linalg.norm(found - usual, axis=1) < config.same_place_px)) / searched
    matrix, inliers = cv2.estimateAffinePartial2D(
        usual, found, method=cv2.RANSAC, ransacReprojThreshold=config.same_place_px
    )
    if matrix is None:
        return Alignment(0.0, unmoved, None)
    agreement = float(inliers.sum()) / searched
    zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    is_plausible = config.min_zoom < zoom < config.max_zoom
    is_sure = inliers.sum() >= config.min_found_blocks and agreement >= config.min_agreement and is_plausible
    return Alignment(agreement, unmoved, np.asarray(matrix, np.float64) if is_sure else None)


def _subpixel_peak(scores: Floats, u: int, v: int) -> tuple[float, float]:
    """Peak of the score surface near its largest sample, by a parabola in each direction."""

    def vertex(low: float, middle: float, high: float) -> float:
        curvature = low - 2 * middle + high
        return 0.0 if curvature > -1e-6 else float(0.5 * (low - high) / curvature)

    height, width = scores.shape
    row, column = scores[v], scores[:, u]
    u_sub = vertex(row[u - 1], row[u], row[u + 1]) if 0 < u < width - 1 else 0.0
    v_sub = vertex(column[v - 1], column[v], column[v + 1]) if 0 < v < height - 1 else 0.0
    return u + u_sub, v + v_sub


def _edge_strength(values: Floats) -> Floats:
    """Square root of the gradient, so that a few strong edges do not decide, faded out towards the border."""
    du, dv = cv2.Sobel(values, cv2.CV_32F, 1, 0), cv2.Sobel(values, cv2.CV_32F, 0, 1)
    height, width = values.shape
    return np.asarray(np.sqrt(cv2.magnitude(du, dv)) * cv2.createHanningWindow((width, height), cv2.CV_32F))
