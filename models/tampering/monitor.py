"""Camera tampering monitor: whether a camera still shows the view on which its gates and zones were drawn.

It checks a thumbnail every `TamperingConfig.check_interval_s`. Frozen cameras are detected elsewhere, since that takes
every analysed frame (`models.tampering.freeze`).
"""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from models.tampering.classifier import (
    NO_FIGURES,
    FaultFigures,
    ViewAssessment,
    ViewState,
    classify,
    classify_alignment,
    classify_without_reference,
)
from models.tampering.config import DEFAULT_CONFIG, TamperingConfig
from models.tampering.image_stats import BlockStats, Grey
from models.tampering.reference_set import ReferenceSet
from models.tampering.reference_view import IDENTITY, ReferenceView

__all__ = ["FaultFigures", "ViewMonitor", "ViewReport", "ViewState"]

UNKNOWN_RATE = 0.5
"""Recognition rate, 0..1, before any check [assumption]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewReport:
    """State of a view. since_s: its start. confidence: 0..1. figures: of the fault."""

    state: ViewState
    since_s: float
    confidence: float
    figures: FaultFigures = NO_FIGURES


class ViewMonitor:
    """Tampering monitor of one camera. Not thread-safe; memory is constant; time comes with the images.

    references: earlier views by time of the day, kept up to date by the monitor; times are Unix seconds then.
    """

    def __init__(self, references: ReferenceSet | None = None, config: TamperingConfig | None = None) -> None:
        self._config = config or DEFAULT_CONFIG
        self.references = references or ReferenceSet(config=self._config)
        self._reset()

    def rebaseline(self) -> None:
        """Accept the present view and learn it, for instance after gates were drawn on a moved view."""
        self.references.by_time_of_day.clear()
        self._reset()

    def _reset(self) -> None:
        self._reference: ReferenceView | None = None
        self._first_images: list[Grey] = []
        self._in_place = not self.references.by_time_of_day
        self._last: float | None = None
        self._last_shape: tuple[int, ...] | None = None
        self._store_at = -inf
        self._near = IDENTITY
        self._recognition_rate = self._usual_recognition_rate = UNKNOWN_RATE
        self._evidence_s = dict.fromkeys(ViewState, 0.0)
        self._assessment: ViewAssessment | None = None
        self._report = ViewReport(state=ViewState.OK, since_s=0.0, confidence=0.0)

    @property
    def report(self) -> ViewReport:
        """State as of the last check."""
        return self._report

    @property
    def is_doubtful(self) -> bool:
        """Whether the last check found a fault, which may still be a passing bus."""
        return self._report.state is not ViewState.OK or (
            self._assessment is not None and self._assessment.state is not ViewState.OK
        )

    def is_due(self, t: float) -> bool:
        """Whether the next check is due at `t` seconds."""
        return self._last is None or not 0 <= t - self._last < self._config.check_interval_s

    def update(self, t: float, image: Grey) -> ViewReport:
        """Check the view at `t` seconds. image: from `models.tampering.image_stats.thumbnail`.

        An image of another size, as after a change of the stream, is learned from the start.
        """
        if self._last_shape not in (None, image.shape):
            self._reset()
        self._last_shape = image.shape
        if self._last is None:
            self._report = ViewReport(state=ViewState.OK, since_s=t, confidence=0.0)
        passed_s = 0.0 if self._last is None else t - self._last
        self._last = t
        if not 0 <= passed_s <= self._config.max_gap_s:
            self._evidence_s = dict.fromkeys(ViewState, 0.0)
            passed_s = 0.0
        blocks = BlockStats.of(image.astype(np.float32))
        assessment = self._assess(t, image, blocks)
        self._assessment = self._as_evidence(assessment)
        if self._assessment is not None:
            self._weigh(t, passed_s, self._assessment)
        if assessment.state is ViewState.OK is self._report.state:
            self._learn(t, image, blocks, assessment, passed_s)
        return self._report

    def _assess(self, t: float, image: Grey, blocks: BlockStats) -> ViewAssessment:
        present = self._report.state
        if self._reference is None:
            return self._assess_before_learning(t, image, blocks)
        near = self._near if present is ViewState.MOVED else IDENTITY
        assessment = classify(self._reference, image, blocks, present, near)
        if assessment.state is ViewState.OK:
            return assessment
        return self._assess_in_other_light(t, image, blocks) or assessment

    def _assess_in_other_light(self, t: float, image: Grey, blocks: BlockStats) -> ViewAssessment | None:
        """OK by the reference of another time of the day, which then becomes the present one; None otherwise."""
        for reference in self.references.nearest(t, image.shape):
            assessment = classify(reference, image, blocks, self._report.state, IDENTITY)
            if assessment.state is ViewState.OK and len(reference.anchor_blocks) >= self._config.min_anchor_blocks:
                self._reference = reference
                return assessment
        return None

    def _assess_before_learning(self, t: float, image: Grey, blocks: BlockStats) -> ViewAssessment:
        """Assessment by stored references alone, which reveal a camera that was turned while nothing ran."""
        assessment = classify_without_reference(image, self._report.state, self._config)
        if assessment.state is not ViewState.OK:
            return assessment
        for reference in self.references.nearest(t, image.shape):
            alignment = reference.align(image, blocks, IDENTITY)
            if alignment.matrix is not None:
                return classify_alignment(alignment, image, self._report.state, self._config)
        return assessment

    def _as_evidence(self, assessment: ViewAssessment) -> ViewAssessment | None:
        """The assessment; None where traffic moved, or where this view is often not recognised."""
        if assessment.alignment is None:
            return assessment
        if self._report.state is ViewState.OK:
            recognised = not assessment.is_unrecognised
            self._recognition_rate += (recognised - self._recognition_rate) / self._config.recognition_checks
            if not self._evidence_s[ViewState.MOVED]:
                self._usual_recognition_rate = self._recognition_rate
        is_recognisable = self._usual_recognition_rate >= self._config.min_recognition_rate
        if not assessment.weight or (assessment.is_unrecognised and not is_recognisable):
            return None
        if assessment.alignment.matrix is not None:
            self._near = assessment.alignment.matrix
        return assessment

    def _weigh(self, t: float, passed_s: float, assessment: ViewAssessment) -> None:
        """Add the assessment to the evidence; change the state where the evidence suffices."""
        for state in ViewState:
            if state is assessment.state:
                gain = assessment.weight
            else:
                gain = -self._config.contradiction_factor if ViewState.OK in (state, assessment.state) else 0.0
            evidence_s = self._evidence_s[state] + gain * passed_s
            self._evidence_s[state] = min(max(evidence_s, 0.0), self._dwell_s(state))
        if assessment.state is self._report.state:
            self._report = replace(self._report, confidence=assessment.confidence)
            return
        dwell_s = self._dwell_s(assessment.state)
        if self._evidence_s[assessment.state] < dwell_s:
            return
        self._evidence_s = dict.fromkeys(ViewState, 0.0)
        self._report = ViewReport(
            state=assessment.state,
            since_s=t - dwell_s / assessment.weight,
            confidence=assessment.confidence,
            figures=assessment.figures,
        )

    def _dwell_s(self, state: ViewState) -> float:
        """Evidence, seconds, that a change to this state takes."""
        if state is ViewState.OK:
            return self._config.dwell_ok_s
        return self._config.dwell_moved_s if state is ViewState.MOVED else self._config.dwell_other_s

    def _learn(self, t: float, image: Grey, blocks: BlockStats, assessment: ViewAssessment, passed_s: float) -> None:
        if self._reference is None:
            self._first_images.append(image)
            if len(self._first_images) < self._config.learning_checks:
                return
            self._reference, self._first_images = ReferenceView.of(self._first_images, self._config), []
            self._store_at = -inf
        else:
            matrix = IDENTITY if assessment.alignment is None else assessment.alignment.matrix
            weight = passed_s / self._config.learning_time_s
            self._reference.learn(image, blocks, weight, IDENTITY if matrix is None else matrix)
            self._reference.recognition_rate = self._usual_recognition_rate
        if not 0 <= self._store_at - t <= self._config.store_interval_s:
            self._store_at = t + self._config.store_interval_s
            self._store(t, self._reference, image)

    def _store(self, t: float, reference: ReferenceView, image: Grey) -> None:
        """Store the reference only if it is registered to the first reference."""
        if not self._in_place:
            self._register(t, reference, image)
        elif len(reference.anchor_blocks) >= self._config.min_anchor_blocks:
            self._reference = self.references.store(t, reference)

    def _register(self, t: float, reference: ReferenceView, image: Grey) -> None:
        """Register the learned reference to the stored ones.

        Where they cannot be compared though the light should be alike, the stored reference is used.
        """
        stored = list(self.references.nearest(t, image.shape))
        for now in (np.rint(reference.image).astype(np.uint8), image):
            blocks = BlockStats.of(now.astype(np.float32))
            for other in stored:
                alignment = other.align(now, blocks, IDENTITY)
                if alignment.matrix is not None:
                    assessment = classify_alignment(alignment, now, ViewState.OK, self._config)
                    in_place = assessment.state is ViewState.OK
                    self._continue_from(reference.warp_to(alignment.matrix) if in_place else other)
                    return
        if self.references.has_time_of_day(t, image.shape):
            self._continue_from(stored[0])

    def _continue_from(self, reference: ReferenceView) -> None:
        self._reference, self._in_place = reference, True
        rate = max(self._usual_recognition_rate, reference.recognition_rate)
        self._recognition_rate = self._usual_recognition_rate = rate
