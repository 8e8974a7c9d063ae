"""Whether a camera still shows what its gates and zones were drawn on.

Looks at a thumbnail every couple of seconds. That a camera hangs and repeats its picture is not told here: to see
that takes every frame that is analysed.
"""

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from models.tampering.classifier import (
    MIN_BLOCKS,
    ViewAssessment,
    ViewState,
    classify,
    classify_alignment,
    classify_without_reference,
)
from models.tampering.image_stats import BlockStats, Grey
from models.tampering.reference_set import ReferenceSet
from models.tampering.reference_view import IDENTITY, ReferenceView

__all__ = ["CHECK_INTERVAL_S", "ViewMonitor", "ViewReport", "ViewState"]

CHECK_INTERVAL_S = 2.0
LEARN_LOOKS = 11
"""The first ones only learn the view: what is wrong with one that was never seen before cannot be told."""

FORGET_S = 300.0
"""How long the reference takes to follow a change of light."""

KEEP_EVERY_S = 120.0
"""How often what was learned is compared with the album."""

GAP_S = 10.0
"""After a pause this long, what was suspected before counts no more."""

DWELL_S = {
    ViewState.OK: 10.0,
    ViewState.MOVED: 10.0,
    ViewState.BLURRED: 20.0,
    ViewState.COVERED: 20.0,
    ViewState.DARK: 20.0,
    ViewState.WASHED_OUT: 20.0,
}
"""Seconds of evidence it takes to change to each state: a bus before the lens is no cover, a gust no new view."""

DOUBT = 2.0
"""A look at which all is well undoes the evidence of this many that found a fault, and the other way round."""

RECOGNISABLE = 0.7
"""Share of looks in which a view has to be recognised as long as all is well, before failing to means anything."""

RECOGNITION_LOOKS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewReport:
    """since_s: when the state began. confidence: 0..1. reason: what is wrong and what to do, empty when all is well."""

    state: ViewState
    since_s: float
    confidence: float
    reason: str


class ViewMonitor:
    """Follows the view of one camera. Not thread-safe; memory does not grow; time comes with the pictures.

    album: how the view looked before, in Unix seconds of the day; is kept up to date.
    """

    def __init__(self, album: ReferenceSet | None = None) -> None:
        self.references = album or ReferenceSet()
        self._start_anew()

    def rebaseline(self) -> None:
        """The view is right as it is: learn it anew, for instance after gates were drawn on a moved view."""
        self.references.by_time_of_day.clear()
        self._start_anew()

    def _start_anew(self) -> None:
        self._reference: ReferenceView | None = None
        self._first: list[Grey] = []
        self._in_place = not self.references.by_time_of_day
        self._last: float | None = None
        self._last_shape: tuple[int, ...] | None = None
        self._keep_at = -inf
        self._near = IDENTITY
        self._recognised = self._usually_recognised = 0.5
        self._evidence = dict.fromkeys(ViewState, 0.0)
        self._verdict: ViewAssessment | None = None
        self._report = ViewReport(state=ViewState.OK, since_s=0.0, confidence=0.0, reason="")

    @property
    def report(self) -> ViewReport:
        """As of the last look."""
        return self._report

    @property
    def is_doubtful(self) -> bool:
        """Whether all was not well at the last look, though it may have been a passing bus."""
        return self._report.state is not ViewState.OK or (
            self._verdict is not None and self._verdict.state is not ViewState.OK
        )

    def is_due(self, t: float) -> bool:
        return self._last is None or not 0 <= t - self._last < CHECK_INTERVAL_S

    def update(self, t: float, picture: Grey) -> ViewReport:
        """picture: from `models.tampering.image_stats.thumbnail`, at `t` seconds. A picture of another size, as after a
        change of the stream, is learned anew.
        """
        if self._last_shape not in (None, picture.shape):
            self._start_anew()
        self._last_shape = picture.shape
        if self._last is None:
            self._report = ViewReport(state=ViewState.OK, since_s=t, confidence=0.0, reason="")
        passed_s = 0.0 if self._last is None else t - self._last
        self._last = t
        if not 0 <= passed_s <= GAP_S:
            self._evidence = dict.fromkeys(ViewState, 0.0)
            passed_s = 0.0
        blocks = BlockStats.of(picture.astype(np.float32))
        verdict = self._judge(t, picture, blocks)
        self._verdict = self._of_use(verdict)
        if self._verdict is not None:
            self._weigh(t, passed_s, self._verdict)
        if verdict.state is ViewState.OK is self._report.state:
            self._learn(t, picture, blocks, verdict, passed_s)
        return self._report

    def _judge(self, t: float, picture: Grey, blocks: BlockStats) -> ViewAssessment:
        present = self._report.state
        if self._reference is None:
            return self._judge_before_learning(t, picture, blocks)
        near = self._near if present is ViewState.MOVED else IDENTITY
        verdict = classify(self._reference, picture, blocks, present, near)
        return verdict if verdict.state is ViewState.OK else self._other_light(t, picture, blocks) or verdict

    def _other_light(self, t: float, picture: Grey, blocks: BlockStats) -> ViewAssessment | None:
        """All is well if it is so by the look that the view has at another time of the day; goes on from that then."""
        for page in self.references.near(t, picture.shape):
            verdict = classify(page, picture, blocks, self._report.state, IDENTITY)
            if verdict.state is ViewState.OK and len(page.anchor_blocks) >= MIN_BLOCKS:
                self._reference = page
                return verdict
        return None

    def _judge_before_learning(self, t: float, picture: Grey, blocks: BlockStats) -> ViewAssessment:
        """Where the camera looks can be told already, if its view is known from before."""
        verdict = classify_without_reference(picture, self._report.state)
        if verdict.state is not ViewState.OK:
            return verdict
        for page in self.references.near(t, picture.shape):
            alignment = page.align(picture, blocks, IDENTITY)
            if alignment.matrix is not None:
                return classify_alignment(alignment, picture, self._report.state)
        return verdict

    def _of_use(self, verdict: ViewAssessment) -> ViewAssessment | None:
        """None where the look proves nothing: traffic moved, or the view is one that often goes unrecognised."""
        if verdict.alignment is None:
            return verdict
        if self._report.state is ViewState.OK:
            self._recognised += ((not verdict.is_unrecognised) - self._recognised) / RECOGNITION_LOOKS
            if not self._evidence[ViewState.MOVED]:
                self._usually_recognised = self._recognised
        if not verdict.weight or (verdict.is_unrecognised and self._usually_recognised < RECOGNISABLE):
            return None
        if verdict.alignment.matrix is not None:
            self._near = verdict.alignment.matrix
        return verdict

    def _weigh(self, t: float, passed_s: float, verdict: ViewAssessment) -> None:
        for state in ViewState:
            if state is verdict.state:
                gain = verdict.weight
            else:
                gain = -DOUBT if ViewState.OK in (state, verdict.state) else 0.0
            self._evidence[state] = min(max(self._evidence[state] + gain * passed_s, 0.0), DWELL_S[state])
        if verdict.state is self._report.state:
            self._report = replace(self._report, confidence=verdict.confidence)
            return
        if self._evidence[verdict.state] < DWELL_S[verdict.state]:
            return
        self._evidence = dict.fromkeys(ViewState, 0.0)
        self._report = ViewReport(
            state=verdict.state,
            since_s=t - DWELL_S[verdict.state] / verdict.weight,
            confidence=verdict.confidence,
            reason=verdict.reason,
        )

    def _learn(self, t: float, picture: Grey, blocks: BlockStats, verdict: ViewAssessment, passed_s: float) -> None:
        if self._reference is None:
            self._first.append(picture)
            if len(self._first) < LEARN_LOOKS:
                return
            self._reference, self._first = ReferenceView.of(self._first), []
            self._keep_at = -inf
        else:
            matrix = IDENTITY if verdict.alignment is None else verdict.alignment.matrix
            self._reference.learn(picture, blocks, passed_s / FORGET_S, IDENTITY if matrix is None else matrix)
            self._reference.recognised = self._usually_recognised
        if not 0 <= self._keep_at - t <= KEEP_EVERY_S:
            self._keep_at = t + KEEP_EVERY_S
            self._keep(t, self._reference, picture)

    def _keep(self, t: float, reference: ReferenceView, picture: Grey) -> None:
        """Only what is known to be in the place of all before goes into the album."""
        if not self._in_place:
            self._find_place(t, reference, picture)
        elif len(reference.anchor_blocks) >= MIN_BLOCKS:
            self._reference = self.references.keep(t, reference)

    def _find_place(self, t: float, reference: ReferenceView, picture: Grey) -> None:
        """Where the view that was just learned lies in the view of old, if they can be compared.

        Where they cannot although the light should be alike, it is the old one that holds.
        """
        pages = list(self.references.near(t, picture.shape))
        for now in (np.rint(reference.picture).astype(np.uint8), picture):
            blocks = BlockStats.of(now.astype(np.float32))
            for page in pages:
                alignment = page.align(now, blocks, IDENTITY)
                if alignment.matrix is not None:
                    in_place = classify_alignment(alignment, now, ViewState.OK).state is ViewState.OK
                    self._go_on_from(reference.warp_to(alignment.matrix) if in_place else page)
                    return
        if self.references.knows_this_hour(t, picture.shape):
            self._go_on_from(pages[0])

    def _go_on_from(self, reference: ReferenceView) -> None:
        self._reference, self._in_place = reference, True
        self._recognised = self._usually_recognised = max(self._usually_recognised, reference.recognised)
