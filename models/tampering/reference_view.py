"""How a camera's view usually looks, and where that is found in the picture of the moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tampering.edge_orientation import share_in_place
from models.tampering.image_stats import BLOCK, BlockStats, Floats, Grey, brightness_distance

SEARCH = 5
MATCHES = 0.55
"""Normalised correlation from which a block of the picture counts as found again."""

PASSING = 20.0
"""Grey levels; what differs by more from the usual is learned no faster: it may be traffic, or its lights."""

SAME_PLACE = 1.2
"""Pixels within which two places are one."""

IN_PLACE_IN_OTHER_LIGHT = 0.5
"""Share of the view of which the outlines run as usual though the light is another: not even half hidden."""

SAME_LIGHT = 15.0
"""Grey levels between two pictures' quantiles, at most. Of sixteen streets by day, dusk and night, two moments under
one light differ by up to 14, but for one at dusk, two lights by 14 and more."""

ALIKE_IN_SAME_LIGHT = 0.35
"""Share of a tile's outlines that has to be there in the same light. A turned camera has a horizon and its own caption
where they were, and often more than half of its tiles by chance; with so much alike it has no more than one."""

MIN_FOUND = 5
MIN_AGREE = 0.3
"""Fewer blocks of the usual view in the same new place than this, and it is not recognised: it may be chance."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the reference is found in a picture.

    agree: share of the reference's anchor blocks that were found again, moved together. stayed: share that did not
    move at all, which speaks for traffic that moved, not the camera.
    matrix: (2, 3), reference pixels to picture pixels, a shift, turn and zoom; None where too few blocks agree.
    """

    agree: float
    stayed: float
    matrix: NDArray[np.float64] | None

    def displacement(self, size: tuple[int, int]) -> float:
        """Mean distance in pixels by which the middles of the four quarters of a (width, height) picture moved."""
        if self.matrix is None:
            return float("inf")
        points = np.array([(u, v) for u in (0.25, 0.75) for v in (0.25, 0.75)]) * size
        moved = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return float(np.linalg.norm(moved - points, axis=1).mean())

    @property
    def turn_deg(self) -> float:
        return 0.0 if self.matrix is None else float(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))


IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass
class ReferenceView:
    """How the view usually looks, learned slowly, so that traffic averages out and the light may change.

    What is learned is put back into the place where it was seen first: a view that creeps away is not followed.
    contrast, fineness: of its `BlockStats`. sharpness: the part of the fineness that stands still, which a dark
    picture's grain does not. anchor_blocks: indices of those by which the view is recognised.
    recognised: share of looks in which it was, lately. looks: from how many it was learned.
    """

    picture: Floats
    fineness: Floats
    recognised: float = 0.5
    contrast: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    anchor_blocks: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    sharpness: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    looks: int = 0

    ANCHOR_BLOCKS = 20
    MIN_CONTRAST = 4.0
    CHOOSE_EVERY = 10

    @classmethod
    def of(cls, pictures: Sequence[Grey]) -> "ReferenceView":
        """From pictures of one size, in which each place is free of traffic more often than not."""
        fineness = np.mean([BlockStats.of(picture.astype(np.float32)).fineness for picture in pictures], axis=0)
        return cls.restored(np.median(pictures, axis=0).astype(np.float32), fineness)

    @classmethod
    def restored(cls, picture: Floats, fineness: Floats, recognised: float = 0.5, looks: int = 0) -> "ReferenceView":
        """From what was learned before. Raises ValueError where the two do not belong together."""
        if fineness.shape != BlockStats.of(picture).fineness.shape:
            raise ValueError(f"{len(fineness)} blocks do not make a picture of {picture.shape} pixels")
        reference = cls(picture, fineness, recognised, looks=looks)
        reference._choose_blocks()
        return reference

    def copy(self) -> "ReferenceView":
        return ReferenceView.restored(self.picture.copy(), self.fineness.copy(), self.recognised, self.looks)

    def warp_to(self, matrix: NDArray[np.float64]) -> "ReferenceView":
        """This view in the place of another. matrix: where the other was found in this one."""
        return ReferenceView.restored(_warp(self.picture, matrix), self.fineness, self.recognised, self.looks)

    def learn(self, picture: Grey, blocks: BlockStats, weight: float, matrix: NDArray[np.float64]) -> None:
        """matrix: of the picture's `Alignment`. weight: of this picture against all before, 0..1."""
        back = _warp(picture.astype(np.float32), shift_alone(matrix, picture.shape))
        self.picture += weight * np.clip(back - self.picture, -PASSING, PASSING)
        self.fineness += weight * (blocks.fineness - self.fineness)
        self.looks += 1
        if self.looks % self.CHOOSE_EVERY == 0:
            self._choose_blocks()

    def _choose_blocks(self) -> None:
        """Those with most detail in two directions: along a single edge, a block's place cannot be told."""
        blocks = BlockStats.of(self.picture)
        corners = cv2.boxFilter(cv2.cornerMinEigenVal(self.picture, 5), -1, (BLOCK, BLOCK))
        strength = corners[blocks.tops + BLOCK // 2, blocks.lefts + BLOCK // 2]
        usable = np.flatnonzero(blocks.contrast >= self.MIN_CONTRAST)
        self.contrast = blocks.contrast
        self.sharpness = np.minimum(self.fineness, blocks.fineness)
        self.anchor_blocks = usable[np.argsort(strength[usable])[::-1][: self.ANCHOR_BLOCKS]]

    def align(self, picture: Grey, blocks: BlockStats, near: NDArray[np.float64]) -> Alignment:
        """Look for the reference around where `near` puts it, and if it is not there, anywhere."""
        values = picture.astype(np.float32)
        here = self._match(values, blocks, near)
        if here.matrix is not None or not len(self.anchor_blocks):
            return here
        same_light = brightness_distance(self.picture, values) < SAME_LIGHT
        in_place = share_in_place(self.picture, picture, ALIKE_IN_SAME_LIGHT if same_light else 0.0)
        if in_place >= IN_PLACE_IN_OTHER_LIGHT:
            return Alignment(in_place, in_place, IDENTITY)
        (du, dv), _ = cv2.phaseCorrelate(_edges(self.picture), _edges(values))
        elsewhere = self._match(values, blocks, np.array([[1.0, 0.0, du], [0.0, 1.0, dv]]))
        return replace(elsewhere, stayed=here.stayed) if elsewhere.agree > here.agree else here

    def _match(self, values: Floats, blocks: BlockStats, near: NDArray[np.float64]) -> Alignment:
        corners = np.stack([blocks.lefts, blocks.tops], axis=1)[self.anchor_blocks]
        middles = corners.astype(np.float64) + BLOCK / 2
        expected = np.rint(middles @ near[:, :2].T + near[:, 2] - middles).astype(np.intp) + corners
        first = np.maximum(expected - SEARCH, 0)
        last = np.minimum(expected + BLOCK + SEARCH, values.shape[::-1])
        in_picture = np.flatnonzero((last - first).min(axis=1) >= BLOCK + SEARCH)
        found, seen_at = [], []
        for k in in_picture:
            (left, top), (u1, v1), (u2, v2) = corners[k], first[k], last[k]
            block = self.picture[top : top + BLOCK, left : left + BLOCK]
            scores = cv2.matchTemplate(values[v1:v2, u1:u2], block, cv2.TM_CCOEFF_NORMED)
            _, best, _, (u, v) = cv2.minMaxLoc(scores)
            if best >= MATCHES:
                u_sub, v_sub = _peak(scores, u, v)
                found.append(k)
                seen_at.append((u1 + u_sub + BLOCK / 2, v1 + v_sub + BLOCK / 2))
        return _fit(middles[found], np.array(seen_at), len(in_picture))


def shift_alone(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """What `matrix` does to the middle of the picture: errors of turn and zoom would add up, look after look."""
    middle = np.array([shape[1], shape[0]]) / 2
    shift = matrix[:, :2] @ middle + matrix[:, 2] - middle
    return np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])


def _warp(values: Floats, matrix: NDArray[np.float64]) -> Floats:
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(values, matrix, values.shape[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _fit(places: NDArray[np.float64], seen_at: NDArray[np.float64], looked_for: int) -> Alignment:
    if len(places) < MIN_FOUND:
        return Alignment(0.0, 0.0, None)
    stayed = float(np.count_nonzero(np.linalg.norm(seen_at - places, axis=1) < SAME_PLACE)) / looked_for
    matrix, inliers = cv2.estimateAffinePartial2D(places, seen_at, method=cv2.RANSAC, ransacReprojThreshold=SAME_PLACE)
    if matrix is None:
        return Alignment(0.0, stayed, None)
    agree = float(inliers.sum()) / looked_for
    zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    sure = inliers.sum() >= MIN_FOUND and agree >= MIN_AGREE and 0.8 < zoom < 1.25
    return Alignment(agree, stayed, matrix if sure else None)


def _peak(scores: Floats, u: int, v: int) -> tuple[float, float]:
    """Where the top of the surface lies between the pixels: a parabola in each direction."""

    def top(low: float, middle: float, high: float) -> float:
        bend = low - 2 * middle + high
        return 0.0 if bend > -1e-6 else float(0.5 * (low - high) / bend)

    height, width = scores.shape
    row, column = scores[v], scores[:, u]
    u_sub = top(row[u - 1], row[u], row[u + 1]) if 0 < u < width - 1 else 0.0
    v_sub = top(column[v - 1], column[v], column[v + 1]) if 0 < v < height - 1 else 0.0
    return u + u_sub, v + v_sub


def _edges(values: Floats) -> Floats:
    """Strength of the edges, compressed so that a few bright ones do not decide, faded out towards the border."""
    du, dv = cv2.Sobel(values, cv2.CV_32F, 1, 0), cv2.Sobel(values, cv2.CV_32F, 0, 1)
    height, width = values.shape
    return np.asarray(np.sqrt(cv2.magnitude(du, dv)) * cv2.createHanningWindow((width, height), cv2.CV_32F))
