"""Whether a camera still shows what its gates and zones were drawn on.

Looks at a thumbnail every couple of seconds. That a camera hangs and repeats its picture is not told here: to see
that takes every frame that is analysed.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.view_measures import Blocks, Grey, Light, coarse_likeness
from models.view_reference import UNMOVED, Alignment, Reference

LOOK_EVERY_S = 2.0
LEARN_LOOKS = 11
"""The first ones only learn the view: what is wrong with it from the start cannot be told from how it should be."""

FORGET_S = 300.0
"""How long the reference takes to follow a change of light."""

GAP_S = 10.0
"""After a pause this long, what was suspected before counts no more."""


class ViewState(StrEnum):
    """In every state but `ok` what the camera shows is no basis for counts: there is no data, not no traffic."""

    OK = "ok"
    MOVED = "moved"
    BLURRED = "blurred"
    COVERED = "covered"
    DARK = "dark"
    WASHED_OUT = "washed_out"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewReport:
    """since_s: when the state began. confidence: 0..1. reason: what is wrong and what to do, empty when all is well."""

    state: ViewState
    since_s: float
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one look alone says. weight: of this look as evidence."""

    state: ViewState
    confidence: float
    reason: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Limits:
    """Where a measure turns from good to bad; easier to stay in a state than to enter it.

    moved: share of the longer side. turned: degrees. fine: share of the usual fine detail. hidden: share of the view.
    """

    moved: float
    turned: float
    fine: float
    hidden: float
    dark: float
    clipped: float


ENTER = _Limits(moved=0.022, turned=2.5, fine=0.4, hidden=0.4, dark=32.0, clipped=0.5)
STAY = _Limits(moved=0.015, turned=1.8, fine=0.55, hidden=0.25, dark=45.0, clipped=0.4)
MURKY = 25.0
GLARING = 190.0
PALE = 0.5
FLAT = 6.0
LEFT = 0.25
"""Share of its usual contrast under which nothing of a block is left to be seen."""

UNLIKE = 0.8
"""Correlation of the coarse layout below which detail that is gone was covered, not blurred."""

MIN_BLOCKS = 6

RECOGNISABLE = 0.7
"""Share of looks in which a view has to be recognised as long as all is well, before failing to means anything."""

RECOGNITION_LOOKS = 60

STAYED = 0.25
"""Share of the view that is found at its usual place although more of it is not: a queue moved up, not the camera."""


class ViewWatch:
    """Follows the view of one camera. Not thread-safe; memory does not grow; time comes with the pictures."""

    def __init__(self) -> None:
        self.accept()

    def accept(self) -> None:
        """The view is right as it is: learn it anew, for instance after gates were drawn on a moved view."""
        self._reference: Reference | None = None
        self._first: list[Grey] = []
        self._last: float | None = None
        self._last_shape: tuple[int, ...] | None = None
        self._near = UNMOVED
        self._recognised = self._usually_recognised = 0.5
        self._evidence = dict.fromkeys(ViewState, 0.0)
        self._report = ViewReport(state=ViewState.OK, since_s=0.0, confidence=0.0, reason="")

    def is_due(self, t: float) -> bool:
        return self._last is None or not 0 <= t - self._last < LOOK_EVERY_S

    def look(self, t: float, picture: Grey) -> ViewReport:
        """picture: from `models.view_measures.thumbnail`, taken at `t` seconds. A picture of another size, as after a
        change of the stream, is learned anew.
        """
        if self._last_shape not in (None, picture.shape):
            self.accept()
        self._last_shape = picture.shape
        if self._last is None:
            self._report = ViewReport(state=ViewState.OK, since_s=t, confidence=0.0, reason="")
        passed_s = 0.0 if self._last is None else t - self._last
        self._last = t
        if not 0 <= passed_s <= GAP_S:
            self._evidence = dict.fromkeys(ViewState, 0.0)
            passed_s = 0.0
        blocks = Blocks.of(picture.astype(np.float32))
        verdict, alignment = self._judge(picture, blocks)
        if verdict is not None:
            self._weigh(t, passed_s, verdict)
            if verdict.state is ViewState.OK is self._report.state:
                self._learn(picture, blocks, alignment, passed_s)
        return self._report

    def _weigh(self, t: float, passed_s: float, verdict: _Verdict) -> None:
        for state in ViewState:
            if state is verdict.state:
                gain = verdict.weight
            else:
                gain = -DOUBT if ViewState.OK in (state, verdict.state) else 0.0
            self._evidence[state] = min(max(self._evidence[state] + gain * passed_s, 0.0), DWELL_S[state])
        if verdict.state is self._report.state:
            since_s = self._report.since_s
        elif self._evidence[verdict.state] >= DWELL_S[verdict.state]:
            since_s = t - DWELL_S[verdict.state] / verdict.weight
            self._evidence = dict.fromkeys(ViewState, 0.0)
        else:
            return
        self._report = ViewReport(
            state=verdict.state, since_s=since_s, confidence=verdict.confidence, reason=verdict.reason
        )

    def _judge(self, picture: Grey, blocks: Blocks) -> tuple[_Verdict | None, Alignment | None]:
        light = Light.of(picture)
        reference = self._reference
        if reference is None or len(reference.telling) < MIN_BLOCKS:
            flat = light.contrast < FLAT
            return self._judge_light(light, hidden=1.0 if flat else 0.0, unlike=True, pale=flat), None
        usual = reference.contrast >= reference.MIN_CONTRAST
        hidden = float((blocks.contrast < LEFT * reference.contrast)[usual].mean())
        unlike = coarse_likeness(reference.picture, picture) < UNLIKE
        pale = light.contrast < PALE * float(reference.picture.std())
        verdict = self._judge_light(light, hidden=hidden, unlike=unlike, pale=pale)
        if verdict.state is not ViewState.OK:
            return verdict, None
        telling = reference.telling
        fine = float(np.median(blocks.fineness[telling] / np.maximum(reference.fineness[telling], 1e-6)))
        if fine < self._limits(ViewState.BLURRED).fine:
            reason = f"the picture has {fine:.0%} of its usual fine detail; clean the lens or focus the camera"
            return _Verdict(
                ViewState.BLURRED, _confidence(fine, self._limits(ViewState.BLURRED).fine, 0.0), reason
            ), None
        return self._judge_place(picture, blocks, reference)

    def _judge_light(self, light: Light, *, hidden: float, unlike: bool, pale: bool) -> _Verdict:
        limits = self._limits(ViewState.DARK)
        gone = hidden >= self._limits(ViewState.COVERED).hidden
        if light.bright < limits.dark or (gone and light.middle < MURKY):
            reason = "the picture is dark; check the camera's night mode and the street lighting"
            return _Verdict(ViewState.DARK, _confidence(light.bright, 2 * limits.dark, 0.0), reason)
        limits = self._limits(ViewState.WASHED_OUT)
        if light.clipped > limits.clipped or (pale and light.middle > GLARING):
            reason = "the picture is washed out; check exposure, and whether the sun or a lamp shines into the lens"
            return _Verdict(ViewState.WASHED_OUT, max(0.5, light.clipped), reason)
        if gone and unlike:
            reason = f"{hidden:.0%} of the view is hidden; clear what covers the lens"
            return _Verdict(ViewState.COVERED, hidden, reason)
        return _Verdict(ViewState.OK, 1.0 - hidden)

    def _judge_place(
        self, picture: Grey, blocks: Blocks, reference: Reference
    ) -> tuple[_Verdict | None, Alignment | None]:
        was_moved = self._report.state is ViewState.MOVED
        alignment = reference.align(picture, blocks, self._near if was_moved else UNMOVED)
        if self._report.state is ViewState.OK:
            self._recognised += ((alignment.matrix is not None) - self._recognised) / RECOGNITION_LOOKS
            if not self._evidence[ViewState.MOVED]:
                self._usually_recognised = self._recognised
        if alignment.matrix is None:
            if self._usually_recognised < RECOGNISABLE or alignment.stayed > STAYED:
                return None, None
            reason = "nothing of the usual view is found; aim the camera back, or draw gates and zones again"
            return _Verdict(ViewState.MOVED, 0.6, reason, weight=1 / 3), None
        self._near = alignment.matrix
        moved = alignment.displacement(picture.shape[::-1]) / max(picture.shape)
        turned = abs(alignment.turn_deg)
        limits = self._limits(ViewState.MOVED)
        if moved <= limits.moved and turned <= limits.turned:
            return _Verdict(ViewState.OK, alignment.agree), alignment
        if not was_moved and alignment.stayed > STAYED:
            return None, None
        reason = (
            f"the view has shifted by {moved:.1%} of its longer side and turned by {turned:.0f} degrees; "
            "aim the camera back, or draw gates and zones again"
        )
        return _Verdict(ViewState.MOVED, alignment.agree, reason), alignment

    def _limits(self, state: ViewState) -> _Limits:
        return STAY if self._report.state is state else ENTER

    def _learn(self, picture: Grey, blocks: Blocks, alignment: Alignment | None, passed_s: float) -> None:
        if self._reference is not None:
            matrix = UNMOVED if alignment is None or alignment.matrix is None else alignment.matrix
            self._reference.learn(picture, blocks, passed_s / FORGET_S, matrix)
            return
        self._first.append(picture)
        if len(self._first) == LEARN_LOOKS:
            self._reference, self._first = Reference.of(self._first), []


def _confidence(value: float, limit: float, worst: float) -> float:
    """0.5 at the limit, 1 at the worst."""
    return min(max(1 - 0.5 * (value - worst) / (limit - worst), 0.5), 1.0)
