"""Fixtures for every test."""

from pathlib import Path

import pytest

pytest_plugins = [
    "tests.support.scenario",
    "tests.support.servers",
    "tests.support.unit_suite",
    "tests.support.expected_skips",
]

REPOSITORY = Path(__file__).resolve().parents[1]
collect_ignore = ["demo_check.py"]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Clips, truth and weights that are not part of the project; without them the test is skipped."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs ../shared (clips, truth and weights), which this machine lacks")
    return folder
