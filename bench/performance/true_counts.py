"""Counts of a loaded worker at hand-checked gates, beside the ground truth: an analysis of every frame errs, too."""

from collections.abc import Sequence
from pathlib import Path

from bench.inputs import CLIP_TRUTH
from pipelines.capacity.baseline import Baseline
from pipelines.capacity.clips import PreparedClip
from pipelines.capacity.count_accuracy import GateCount, compare
from pipelines.capacity.records import RunRecord
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth


def true_counts(record: RunRecord, clips: Sequence[PreparedClip], truth: Path = CLIP_TRUTH) -> list[GateCount]:
    """Return the counts of a run by camera and gate, expected from the ground truth. truth: folder of its files.

    Cameras whose clip has no ground truth are left out. Crossings that need not be detected are not expected.
    """
    expected = {clip.name: found for clip in clips if (found := _true_crossings(clip, truth)) is not None}
    cameras = tuple(camera for camera in record.cameras if camera.plan.clip in expected)
    return compare(record.model_copy(update={"cameras": cameras}), expected)


def _true_crossings(clip: PreparedClip, truth: Path) -> Baseline | None:
    path = truth / f"{clip.name}.json"
    if not path.is_file():
        return None
    gates = {gate.id for gate in clip.geometry.gates}
    crossings = sorted(
        (crossing.t, crossing.gate)
        for crossing in read_ground_truth(path).crossings
        if crossing.gate in gates and not crossing.optional
    )
    return Baseline(crossings=tuple(crossings), moving=())
