"""Whether what a camera shows may be analysed at all."""

from dataclasses import dataclass

from av.video.frame import VideoFrame

from models.tampering.freeze import FreezeDetector
from models.tampering.image_stats import thumbnail
from models.tampering.monitor import ViewMonitor, ViewReport, ViewState
from models.tampering.reference_set import ReferenceSet
from pipelines.analysis.frame_convert import luma, luma_thumbnail
from pipelines.analysis.view_store import ViewStore
from pipelines.events.schema import CameraStatus

HANGS = "the picture has not changed; restart the camera"


@dataclass(frozen=True, slots=True)
class ViewQuality:
    """usable: whether the picture is a basis for facts. status, reason: what is to be told of it; None, "" for nothing.

    What is doubted is not used, but nobody is told before the doubt has lasted.
    """

    usable: bool
    status: CameraStatus | None = None
    reason: str = ""


class ViewGate:
    """Sees every frame of one camera that could be analysed. Not thread-safe.

    memory: where the view is kept over restarts. drawn_on: whether gates or zones are drawn on it; where nothing is,
    a camera may be turned, and its new view is as good as the old.
    """

    def __init__(self, frozen_s: float, memory: ViewStore | None = None, *, drawn_on: bool = True) -> None:
        self._frozen = FreezeDetector(frozen_s)
        self._memory = memory
        self._drawn_on = drawn_on
        self._watch = ViewMonitor(ReferenceSet() if memory is None else memory.load())

    @property
    def report(self) -> ViewReport:
        return self._watch.report

    def update(self, at: float, picture: VideoFrame) -> ViewQuality:
        """picture: taken at `at` seconds, no earlier than the last."""
        self._frozen.update(at, luma_thumbnail(picture))
        # A picture that repeats itself proves nothing about the view, unless what it shows was doubted before.
        if self._watch.is_due(at) and (self._watch.is_doubtful or not self._frozen.is_suspected):
            self._look(at, picture)
        report = self._watch.report
        if report.state is not ViewState.OK:
            return ViewQuality(usable=False, status=CameraStatus.UNUSABLE, reason=report.reason)
        if self._frozen.is_frozen:
            return ViewQuality(usable=False, status=CameraStatus.FROZEN, reason=HANGS)
        return ViewQuality(usable=not (self._frozen.is_suspected or self._watch.is_doubtful))

    def _look(self, at: float, picture: VideoFrame) -> None:
        report = self._watch.update(at, thumbnail(luma(picture)))
        if report.state is ViewState.MOVED and not self._drawn_on:
            self._watch.rebaseline()
        if self._memory is not None:
            self._memory.save_if_due(at, self._watch.references)

    def close(self) -> None:
        """Keep how the view looks, for the next start."""
        if self._memory is not None and self._watch.references.by_time_of_day:
            self._memory.save(self._watch.references)
