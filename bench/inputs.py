"""Paths of clips, ground truth, weights and results that the benchmarks share."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The repository."""
SHARED = ROOT.parent / "shared"
"""Clips, ground truth and weights that are not part of the repository."""
CLIPS = SHARED / "clips"
"""Video files, `*.mp4`."""
CLIP_TRUTH = SHARED / "truth" / "clips"
"""Ground truth of each clip, `NAME.json`."""
SCENARIOS = SHARED / "truth" / "scenarios"
"""One folder for each simulated scenario: detections, camera and ground truth."""
WEIGHTS = SHARED / "weights" / "yolo11n_int8_openvino_model"
"""The network that all sides of a comparison run."""
RESULTS = ROOT / "build" / "bench"
"""Folder of the JSON files and plots that the benchmarks write."""
