"""Check of the detector backend: which one this machine uses, and how to get a faster one."""

from models.detection.backend_advice import BackendAdvice, advise_backend
from pipelines.config.settings import Config
from pipelines.doctor.check import CheckResult, CheckState


def backend_advice(config: Config) -> BackendAdvice | None:
    """Return the backend for the configured weights; None where it is unknown."""
    return advise_backend(config.weights, config.analysis.device)


def check_backend(backend: BackendAdvice) -> CheckResult:
    """Return the advice as a result. The subject, and the fact `path`, are named as in version 0.1.0."""
    return CheckResult(
        area="detector",
        subject="path",
        message=backend.description,
        state=CheckState.ADVICE if backend.suggestion else CheckState.OK,
        advice=backend.suggestion,
        facts={"backend": backend.description, "path": backend.description, "builds_first": backend.builds_first},
    )
