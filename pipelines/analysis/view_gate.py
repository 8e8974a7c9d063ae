"""View gate: whether the view of a camera may be analysed, by tampering monitor and freeze detector."""

from dataclasses import asdict, dataclass, replace

from av.video.frame import VideoFrame

from models.tampering.freeze import FreezeDetector
from models.tampering.image_stats import thumbnail
from models.tampering.monitor import ViewMonitor, ViewReport, ViewState
from models.tampering.reference_set import ReferenceSet
from pipelines.analysis.frame_convert import luma, luma_thumbnail
from pipelines.analysis.view_store import ViewStore
from pipelines.events.condition import CameraCondition, Condition
from pipelines.ingest.frame_buffer import TimedFrame

_CONDITION_OF: dict[ViewState, Condition] = {
    ViewState.MOVED: Condition.MOVED,
    ViewState.BLURRED: Condition.BLURRED,
    ViewState.COVERED: Condition.COVERED,
    ViewState.DARK: Condition.DARK,
    ViewState.WASHED_OUT: Condition.WASHED_OUT,
}
"""State of a view -> condition of its camera."""


@dataclass(frozen=True, slots=True)
class ViewQuality:
    """Assessment of one frame's view.

    usable: whether facts may be derived from the frame. condition: of the camera; None where nothing is wrong.
    A doubtful view is unusable at once. It has a condition only after the doubt has lasted. repeated_within_s: of an
    image that was shown before: seconds within which a new one must follow, or the camera was frozen since the last
    one; None for a new image.
    """

    usable: bool
    condition: CameraCondition | None = None
    repeated_within_s: float | None = None

    def of(self, frame: TimedFrame) -> TimedFrame:
        """Return the frame with the doubt that it shows the road as it is."""
        doubts = [doubt_s for doubt_s in (frame.doubt_s, self.repeated_within_s) if doubt_s is not None]
        return replace(frame, doubt_s=min(doubts)) if doubts else frame


class ViewGate:
    """Assessment of every frame of one camera before its analysis. Not thread-safe.

    store: keeps the reference views over restarts. has_geometry: whether gates or zones depend on the view; if not, a
    moved view is accepted.
    """

    def __init__(self, frozen_s: float, store: ViewStore | None = None, *, has_geometry: bool = True) -> None:
        self._freeze = FreezeDetector(frozen_s)
        self._store = store
        self._has_geometry = has_geometry
        self._monitor = ViewMonitor(ReferenceSet() if store is None else store.load())

    @property
    def report(self) -> ViewReport:
        """The latest report of the tampering monitor."""
        return self._monitor.report

    def update(self, at: float, frame: VideoFrame) -> ViewQuality:
        """Assess a frame. at: its time of capture (s), no earlier than that of the previous frame."""
        self._freeze.update(at, luma_thumbnail(frame))
        # A repeated frame is no evidence about the view, except where the view was already doubtful.
        if self._monitor.is_due(at) and (self._monitor.is_doubtful or not self._freeze.is_suspected):
            self._check_tampering(at, frame)
        report = self._monitor.report
        if report.state is not ViewState.OK:
            return ViewQuality(usable=False, condition=_condition(report))
        if self._freeze.is_frozen:
            return ViewQuality(usable=False, condition=CameraCondition(Condition.FROZEN))
        return ViewQuality(
            usable=not (self._freeze.is_suspected or self._monitor.is_doubtful),
            repeated_within_s=self._freeze.repeated_within_s,
        )

    def _check_tampering(self, at: float, frame: VideoFrame) -> None:
        report = self._monitor.update(at, thumbnail(luma(frame)))
        if report.state is ViewState.MOVED and not self._has_geometry:
            self._monitor.rebaseline()
        if self._store is not None:
            self._store.save_if_due(at, self._monitor.references)

    def close(self) -> None:
        """Store the reference views for the next start."""
        if self._store is not None and self._monitor.references.by_time_of_day:
            self._store.save(self._monitor.references)


def _condition(report: ViewReport) -> CameraCondition:
    if report.state is ViewState.MOVED and report.figures.shift_share is None:
        return CameraCondition(Condition.UNRECOGNISED)
    return CameraCondition.of(_CONDITION_OF[report.state], **asdict(report.figures))
