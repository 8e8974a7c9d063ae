"""Fixtures for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.addresses import mask

pytest_plugins = [
    "tests.support.scenario",
    "tests.support.servers",
    "tests.support.kafka.brokers",
    "tests.support.kafka.secured",
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


@pytest.fixture(scope="module", autouse=True)
def _secrets_of_the_module() -> Iterator[None]:
    """Secrets of configurations that one module reads are not masked in the tests of another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mask, "KNOWN", mask.KnownSecrets())
        yield
