"""The whole examination, in the order in which things build on one another."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from pipelines.config.settings import Config
from pipelines.doctor.cameras import examine_cameras
from pipelines.doctor.check import Finding, State
from pipelines.doctor.detector import examine_detector
from pipelines.doctor.detector_path import path_finding, path_of
from pipelines.doctor.machine import examine_machine
from pipelines.doctor.services import examine_services


def examine(city: Config | None, *, timeout_s: float) -> Iterator[Finding]:
    """Findings as they come; without a city's configuration, about the machine alone.

    timeout_s: how long anything that is asked may keep silent.
    """
    config = city or Config()
    yield from examine_machine(config)
    path = path_of(config)
    if path is not None:
        yield path_finding(path)
    if path is None or not path.builds_first:
        yield from examine_detector(config)
    if city is not None:
        yield from examine_services(city, timeout_s)
        yield from examine_cameras(city, timeout_s)


def is_well(findings: Iterable[Finding]) -> bool:
    return all(finding.state is not State.PROBLEM for finding in findings)


def as_report(findings: list[Finding]) -> dict[str, Any]:
    """For JSON."""
    return {"ok": is_well(findings), "findings": [asdict(finding) for finding in findings]}
