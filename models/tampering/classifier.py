"""Classification of one thumbnail of a camera's view: usable, moved, blurred, covered, dark or washed out."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.tampering.config import DEFAULT_CONFIG, StateLimits, TamperingConfig
from models.tampering.image_stats import BlockStats, ExposureStats, Grey, layout_correlation
from models.tampering.reference_view import Alignment, ReferenceView


class ViewState(StrEnum):
    """State of a camera's view. In every state but `ok` the camera yields no data, which is not "no traffic"."""

    OK = "ok"
    MOVED = "moved"
    BLURRED = "blurred"
    COVERED = "covered"
    DARK = "dark"
    WASHED_OUT = "washed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFigures:
    """Figures of a fault; None where they do not apply.

    hidden_share: hidden part of the view, 0..1. fine_detail_share: fine detail over its usual value, 0..1. shift_share:
    shift over the longer side of the frame. rotation_deg: rotation, degrees. A moved view without both was not found.
    """

    hidden_share: float | None = None
    fine_detail_share: float | None = None
    shift_share: float | None = None
    rotation_deg: float | None = None


NO_FIGURES = FaultFigures()
"""Figures of a view without a measured fault [none]."""


@dataclass(frozen=True, slots=True)
class ViewAssessment:
    """Result for one thumbnail.

    figures: of the fault. weight: as evidence, 0 for none. alignment: of the reference; None where it was not searched.
    """

    state: ViewState
    confidence: float
    figures: FaultFigures = NO_FIGURES
    weight: float = 1.0
    alignment: Alignment | None = None

    @property
    def is_unrecognised(self) -> bool:
        """Whether the reference was searched and not found."""
        return self.alignment is not None and self.alignment.matrix is None


def classify_without_reference(
    image: Grey, present: ViewState, config: TamperingConfig = DEFAULT_CONFIG
) -> ViewAssessment:
    """Assessment of a view without a reference: only faults that no view of a road resembles. present: last state."""
    exposure = ExposureStats.of(image)
    flat = exposure.contrast < config.flat_contrast or exposure.clipped_share > config.all_clipped_share
    hidden = 1.0 if flat else 0.0
    return _classify_exposure(exposure, present, config, hidden=hidden, other_layout=True, low_contrast=flat)


def classify(
    reference: ReferenceView,
    image: Grey,
    blocks: BlockStats,
    present: ViewState,
    near: NDArray[np.float64],
) -> ViewAssessment:
    """Assessment of a view by its reference, with the reference's thresholds.

    blocks: of the image. present: last state. near: (2, 3) map from reference to image pixels, where it was found last.
    """
    config, anchors = reference.config, reference.anchor_blocks
    if len(anchors) < config.min_anchor_blocks:
        return classify_without_reference(image, present, config)
    exposure = ExposureStats.of(image)
    usual = reference.contrast >= config.min_block_contrast
    hidden = float((blocks.contrast < config.hidden_contrast_ratio * reference.contrast)[usual].mean())
    other_layout = layout_correlation(reference.image, image) < config.min_layout_correlation
    low_contrast = exposure.contrast < config.low_contrast_ratio * float(reference.image.std())
    assessment = _classify_exposure(
        exposure, present, config, hidden=hidden, other_layout=other_layout, low_contrast=low_contrast
    )
    if assessment.state is not ViewState.OK:
        return assessment
    limit = _limits(ViewState.BLURRED, present, config).fine_detail
    ratio = blocks.high_frequency_ratio[anchors] / np.maximum(reference.sharpness[anchors], 1e-6)
    fine_detail = float(np.median(ratio))
    if fine_detail < limit:
        figures = FaultFigures(fine_detail_share=fine_detail)
        return ViewAssessment(ViewState.BLURRED, _confidence(fine_detail, limit), figures)
    return classify_alignment(reference.align(image, blocks, near), image, present, config)


def classify_alignment(
    alignment: Alignment, image: Grey, present: ViewState, config: TamperingConfig = DEFAULT_CONFIG
) -> ViewAssessment:
    """Assessment of the camera's aim, from the alignment of the reference in the image."""
    is_traffic = present is not ViewState.MOVED and alignment.unmoved_share > config.traffic_unmoved_share
    if alignment.matrix is None:
        weight = 0.0 if is_traffic else config.unrecognised_weight
        return ViewAssessment(ViewState.MOVED, config.unrecognised_confidence, weight=weight, alignment=alignment)
    moved = alignment.displacement(image.shape[::-1]) / max(image.shape)
    turned = abs(alignment.rotation_deg)
    limits = _limits(ViewState.MOVED, present, config)
    if moved <= limits.moved and turned <= limits.turned:
        return ViewAssessment(ViewState.OK, alignment.agreement, alignment=alignment)
    figures = FaultFigures(shift_share=moved, rotation_deg=turned)
    weight = 0.0 if is_traffic else 1.0
    return ViewAssessment(ViewState.MOVED, 0.5 + alignment.agreement / 2, figures, weight, alignment)


def _classify_exposure(
    exposure: ExposureStats,
    present: ViewState,
    config: TamperingConfig,
    *,
    hidden: float,
    other_layout: bool,
    low_contrast: bool,
) -> ViewAssessment:
    """Assessment by brightness and contrast: dark, washed out, covered or OK. hidden: share of the view, 0..1."""
    limits = _limits(ViewState.DARK, present, config)
    is_hidden = hidden >= _limits(ViewState.COVERED, present, config).hidden
    if exposure.bright < limits.dark or (is_hidden and exposure.median < config.low_median):
        return ViewAssessment(ViewState.DARK, _confidence(exposure.bright, 2 * limits.dark))
    limits = _limits(ViewState.WASHED_OUT, present, config)
    # A white sky may fill half of a good image, but it hides nothing that is usually visible.
    is_clipped = exposure.clipped_share > limits.clipped and hidden >= config.stay.hidden
    if is_clipped or (low_contrast and exposure.median > config.high_median):
        return ViewAssessment(ViewState.WASHED_OUT, max(0.5, exposure.clipped_share))
    if is_hidden and other_layout:
        return ViewAssessment(ViewState.COVERED, hidden, FaultFigures(hidden_share=hidden))
    return ViewAssessment(ViewState.OK, 1.0 - hidden)


def _limits(state: ViewState, present: ViewState, config: TamperingConfig) -> StateLimits:
    """Limits of a state, which is easier to stay in than to enter."""
    return config.stay if state is present else config.enter


def _confidence(value: float, limit: float) -> float:
    """Confidence of a fault: 0.5 at the limit of a measure, 1 at its worst value, 0."""
    return min(max(1 - 0.5 * value / limit, 0.5), 1.0)
