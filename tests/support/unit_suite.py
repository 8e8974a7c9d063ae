"""`pytest --unit`: the tests that need no server, no browser, no subprocess, no real clip and little time.

The fixtures of a test decide automatically (`SERVER_FIXTURES`, `SLOW_FIXTURES`); other tests carry the mark `slow`. A
unit test that starts a process fails. Background: docs/adr/0090-unit-tests.md.
"""

import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

SERVER_FIXTURES = frozenset(
    {
        "_postgres_server",
        "postgres_server",
        "_timescaledb_server",
        "kafka_broker",
        "kafka_folder",
        "secured_kafka",
        "rtsp_cameras",
    }
)
"""Fixtures that start a server process; each test that uses one, directly or not, gets the mark `server`."""
SLOW_FIXTURES = frozenset({"random_weights", "scenery", "shared_dir", "sumo"})
"""Fixtures of torch, rendered streets, real clips and SUMO; each test that uses one gets the mark `slow`."""
NEED_TORCH = ("models/training", "models/detection/torch_batch.py", "tests/support/bright_torch_network.py")
"""Modules that import torch (extra `yolo`); their tests skip themselves."""
NOT_COLLECTED = (
    "tests/integration",
    "tests/models/training",
    "tests/models/detection/test_torch_batch.py",
    *NEED_TORCH,
)
"""Folders and modules without unit tests. Importing torch and Playwright takes 5 CPU seconds [measured: ADR 0090]."""
OF_THE_EXTRA = ("torch", "torchvision", "ultralytics")
"""Packages of the extra `yolo`, hidden with --unit: the unit tests pass where they are not installed."""
WANTED_TESTS = 900
"""Least number of unit tests [source: targets of the layout, docs/adr/0090-unit-tests.md]."""
WANTED_S = 60
"""Longest duration of the unit tests on two cores, in seconds [source: as above]."""

UNIT_EXAMPLES = 25
"""Examples of a Hypothesis property with --unit; `make test` tries 100 [assumption]."""
REPOSITORY = Path(__file__).resolve().parents[2]
"""The folder that contains the packages."""

_unit_test_runs = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unit", action="store_true", help="only the unit tests, with their number and time at the end")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "server: uses a server process; set from the fixtures")
    config.addinivalue_line("markers", "slow: takes over a second, or needs a subprocess, a real clip or torch")
    settings.register_profile("whole", deadline=None)  # times vary with the machine: no test asserts them
    settings.load_profile("whole")
    settings.register_profile("unit", max_examples=UNIT_EXAMPLES, deadline=None)
    if config.getoption("--unit"):
        settings.load_profile("unit")
        sys.modules.update(dict.fromkeys(OF_THE_EXTRA))  # None: an import of it fails
        sys.addaudithook(_refuse_subprocess)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the folders without unit tests, and modules with examples that need torch where it is missing."""
    ignored = NOT_COLLECTED if config.getoption("--unit") else () if find_spec("torch") else NEED_TORCH
    return any(collection_path == REPOSITORY / path for path in ignored) or None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set the marks that follow from fixtures; with --unit, deselect all other tests than unit tests."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
        if fixtures & SERVER_FIXTURES or "postgres_dsn" in [name for name in parameters if isinstance(name, str)]:
            item.add_marker("server")
        if fixtures & SLOW_FIXTURES:
            item.add_marker("slow")
    if config.getoption("--unit"):
        others = [item for item in items if any(map(item.get_closest_marker, ("integration", "server", "slow")))]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in set(others)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    global _unit_test_runs  # noqa: PLW0603  an audit hook takes no state
    _unit_test_runs = bool(item.config.getoption("--unit"))
    try:
        return (yield)
    finally:
        _unit_test_runs = False


def _refuse_subprocess(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen" and _unit_test_runs:
        raise RuntimeError(f"a unit test starts {arguments[0]}: give it the mark `slow` or `integration`")


class UnitFigures:
    """Number of tests and duration, as the table of `make lint` wants them."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        tests = sum(len(terminalreporter.stats.get(outcome, ())) for outcome in ("passed", "failed"))
        seconds = time.monotonic() - self._started
        terminalreporter.write_line(f"make unit: tests     {tests:5}  wanted >= {WANTED_TESTS}")
        terminalreporter.write_line(f"make unit: seconds   {seconds:5.0f}  wanted <= {WANTED_S}")


def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    if config.getoption("--unit") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(UnitFigures())
