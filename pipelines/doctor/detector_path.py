"""Which way detection will take on this machine, and what to do for a faster one."""

from models.detection.backend_advice import DetectorPath, detector_path
from pipelines.config.settings import Config
from pipelines.doctor.check import Finding, State


def path_of(config: Config) -> DetectorPath | None:
    return detector_path(config.weights, config.analysis.device)


def path_finding(path: DetectorPath) -> Finding:
    return Finding(
        area="detector",
        subject="path",
        says=path.says,
        state=State.ADVICE if path.faster else State.OK,
        advice=path.faster,
        facts={"path": path.says, "builds_first": path.builds_first},
    )
