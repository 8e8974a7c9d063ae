"""Which way detection will take on this machine, and what to do for a faster one."""

from models.detection.backend_advice import BackendAdvice, advise_backend
from pipelines.config.settings import Config
from pipelines.doctor.check import Finding, State


def path_of(config: Config) -> BackendAdvice | None:
    return advise_backend(config.weights, config.analysis.device)


def path_finding(path: BackendAdvice) -> Finding:
    return Finding(
        area="detector",
        subject="path",
        says=path.description,
        state=State.ADVICE if path.suggestion else State.OK,
        advice=path.suggestion,
        facts={"path": path.description, "builds_first": path.builds_first},
    )
