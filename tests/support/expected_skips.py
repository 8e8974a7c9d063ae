"""`pytest --fail-on-unexpected-skips`: a test may be skipped only for a reason that is listed here."""

import os
import re
from collections.abc import Mapping

import pytest

EXPECTED = (
    r"needs \.\./shared",  # clips and ground truth are not part of the repository
    r"needs netconvert",  # only to make the networks of the simulator again
    r"this machine has a GPU",
    r"TensorRT is installed here",
    r"only Linux gives each thread its own priority",
    r"this machine permits no mount",  # a container without user namespaces
)
"""Reasons, as patterns of their beginning, that depend on the machine and not on its set-up."""
EXPECTED_LIGHT = (r"needs torch", r"needs the extra `yolo`", r"could not import '(?:torch|ultralytics)'")
"""Further reasons with SIMPANG_LIGHT=1, which leaves out torch and ultralytics."""


def is_expected(reason: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a test may be skipped for this reason.

    >>> is_expected("needs netconvert, from the PyPI package eclipse-sumo"), is_expected("needs Debian's chromium")
    (True, False)
    """
    patterns = (*EXPECTED, *(EXPECTED_LIGHT if environment.get("SIMPANG_LIGHT") == "1" else ()))
    return any(re.match(pattern, reason) for pattern in patterns)


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return the reason of a skip."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


class SkipRecorder:
    """Collects skips, also those of whole modules in the workers of pytest-xdist, and fails the run for others."""

    def __init__(self) -> None:
        self.unexpected: set[tuple[str, str]] = set()

    def _add(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail") and not is_expected(reason_of(report)):
            self.unexpected.add((report.nodeid, reason_of(report)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._add(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._add(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take over what a worker has collected."""
        self.unexpected.update(map(tuple, getattr(node, "workeroutput", {}).get("unexpected_skips", ())))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["unexpected_skips"] = sorted(map(list, self.unexpected))
        elif self.unexpected and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.unexpected:
            terminalreporter.section("unexpected skips (tests/support/expected_skips.py)", red=True)
            for test, reason in sorted(self.unexpected):
                terminalreporter.write_line(f"{test}: {reason}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-unexpected-skips", action="store_true", help="fail where a test is skipped for others")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--fail-on-unexpected-skips"):
        config.pluginmanager.register(SkipRecorder())
