"""What one look alone says about a camera's view."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.tampering.image_stats import BlockStats, ExposureStats, Grey, layout_correlation
from models.tampering.reference_view import Alignment, ReferenceView


class ViewState(StrEnum):
    """In every state but `ok` what the camera shows is no basis for counts: there is no data, not no traffic."""

    OK = "ok"
    MOVED = "moved"
    BLURRED = "blurred"
    COVERED = "covered"
    DARK = "dark"
    WASHED_OUT = "washed_out"


@dataclass(frozen=True, slots=True)
class ViewAssessment:
    """reason: what is wrong and what to do, empty when all is well. weight: of this look as evidence, 0 for none.

    alignment: where the usual view was found; None where nobody looked for it.
    """

    state: ViewState
    confidence: float
    reason: str = ""
    weight: float = 1.0
    alignment: Alignment | None = None

    @property
    def is_unrecognised(self) -> bool:
        return self.alignment is not None and self.alignment.matrix is None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a measure turns from good to bad; easier to stay in a state than to enter it.

    moved: share of the longer side. turned: degrees. fine: share of the usual fine detail. hidden: share of the view.
    """

    moved: float
    turned: float
    fine: float
    hidden: float
    dark: float
    clipped: float

    @classmethod
    def of(cls, state: ViewState, present: ViewState) -> "Limits":
        return STAY if state is present else ENTER


ENTER = Limits(moved=0.022, turned=2.5, fine=0.4, hidden=0.4, dark=32.0, clipped=0.5)
STAY = Limits(moved=0.015, turned=1.8, fine=0.55, hidden=0.25, dark=45.0, clipped=0.4)
MURKY = 25.0
GLARING = 190.0
PALE = 0.5
FLAT = 6.0
ALL_WHITE = 0.9
LEFT = 0.25
"""Share of its usual contrast under which nothing of a block is left to be seen."""

UNLIKE = 0.8
"""Correlation of the coarse layout below which detail that is gone was covered, not blurred."""

MIN_BLOCKS = 6

STAYED = 0.25
"""Share of the view that is found at its usual place although more of it is not: a queue moved up, not the camera."""


def classify_without_reference(picture: Grey, present: ViewState) -> ViewAssessment:
    """Of a view that is not known yet, only what no view of a road looks like can be told."""
    light = ExposureStats.of(picture)
    flat = light.contrast < FLAT or light.clipped > ALL_WHITE
    return _judge_light(light, present, hidden=1.0 if flat else 0.0, unlike=True, pale=flat)


def classify(
    reference: ReferenceView, picture: Grey, blocks: BlockStats, present: ViewState, near: NDArray[np.float64]
) -> ViewAssessment:
    """present: the camera's state until now. near: (2, 3) where in the picture the reference was found last."""
    if len(reference.anchor_blocks) < MIN_BLOCKS:
        return classify_without_reference(picture, present)
    light = ExposureStats.of(picture)
    usual = reference.contrast >= reference.MIN_CONTRAST
    hidden = float((blocks.contrast < LEFT * reference.contrast)[usual].mean())
    unlike = layout_correlation(reference.picture, picture) < UNLIKE
    pale = light.contrast < PALE * float(reference.picture.std())
    verdict = _judge_light(light, present, hidden=hidden, unlike=unlike, pale=pale)
    if verdict.state is not ViewState.OK:
        return verdict
    anchor_blocks, limit = reference.anchor_blocks, Limits.of(ViewState.BLURRED, present).fine
    fine = float(np.median(blocks.fineness[anchor_blocks] / np.maximum(reference.sharpness[anchor_blocks], 1e-6)))
    if fine < limit:
        reason = f"the picture has {fine:.0%} of its usual fine detail; clean the lens or focus the camera"
        return ViewAssessment(ViewState.BLURRED, _confidence(fine, limit, 0.0), reason)
    return classify_alignment(reference.align(picture, blocks, near), picture, present)


def classify_alignment(alignment: Alignment, picture: Grey, present: ViewState) -> ViewAssessment:
    """alignment: of the usual view in the picture."""
    traffic = present is not ViewState.MOVED and alignment.stayed > STAYED
    if alignment.matrix is None:
        reason = "nothing of the usual view is found; aim the camera back, or draw gates and zones again"
        return ViewAssessment(ViewState.MOVED, 0.6, reason, weight=0.0 if traffic else 1 / 3, alignment=alignment)
    moved = alignment.displacement(picture.shape[::-1]) / max(picture.shape)
    turned = abs(alignment.turn_deg)
    limits = Limits.of(ViewState.MOVED, present)
    if moved <= limits.moved and turned <= limits.turned:
        return ViewAssessment(ViewState.OK, alignment.agree, alignment=alignment)
    reason = (
        f"the view has shifted by {moved:.1%} of its longer side and turned by {turned:.0f} degrees; "
        "aim the camera back, or draw gates and zones again"
    )
    weight = 0.0 if traffic else 1.0
    return ViewAssessment(ViewState.MOVED, 0.5 + alignment.agree / 2, reason, weight=weight, alignment=alignment)


def _judge_light(
    light: ExposureStats, present: ViewState, *, hidden: float, unlike: bool, pale: bool
) -> ViewAssessment:
    limits = Limits.of(ViewState.DARK, present)
    gone = hidden >= Limits.of(ViewState.COVERED, present).hidden
    if light.bright < limits.dark or (gone and light.middle < MURKY):
        reason = "the picture is dark; check the camera's night mode and the street lighting"
        return ViewAssessment(ViewState.DARK, _confidence(light.bright, 2 * limits.dark, 0.0), reason)
    limits = Limits.of(ViewState.WASHED_OUT, present)
    # A white sky may fill half of a good picture, but it hides nothing that is usually seen.
    if (light.clipped > limits.clipped and hidden >= STAY.hidden) or (pale and light.middle > GLARING):
        reason = "the picture is washed out; check exposure, and whether the sun or a lamp shines into the lens"
        return ViewAssessment(ViewState.WASHED_OUT, max(0.5, light.clipped), reason)
    if gone and unlike:
        reason = f"{hidden:.0%} of the view is hidden; clear what covers the lens"
        return ViewAssessment(ViewState.COVERED, hidden, reason)
    return ViewAssessment(ViewState.OK, 1.0 - hidden)


def _confidence(value: float, limit: float, worst: float) -> float:
    """0.5 at the limit, 1 at the worst."""
    return min(max(1 - 0.5 * (value - worst) / (limit - worst), 0.5), 1.0)
