"""All checks of `simpang doctor`, from the machine to the cameras."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from pipelines.config.settings import Config
from pipelines.doctor.cameras import check_cameras
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.doctor.detector import check_detector
from pipelines.doctor.detector_path import backend_advice, check_backend
from pipelines.doctor.machine import check_machine
from pipelines.doctor.services import check_services


def run_checks(city: Config | None, *, timeout_s: float) -> Iterator[CheckResult]:
    """Yield each result as soon as it is known. city: None checks the machine only.

    timeout_s: longest wait for an answer of a camera or service, in seconds.
    """
    config = city or Config()
    yield from check_machine(config)
    backend = backend_advice(config)
    if backend is not None:
        yield check_backend(backend)
    if backend is None or not backend.builds_first:
        yield from check_detector(config)
    if city is not None:
        yield from check_services(city, timeout_s)
        yield from check_cameras(city, timeout_s)


def all_work(results: Iterable[CheckResult]) -> bool:
    """Return whether no check found a problem."""
    return all(result.state is not CheckState.PROBLEM for result in results)


def as_report(results: list[CheckResult]) -> dict[str, Any]:
    """Return the results for JSON, also under the names of version 0.1.0: `findings`, `says`."""
    rows = [{**asdict(result), "says": result.message} for result in results]
    return {"ok": all_work(results), "checks": rows, "findings": rows}
