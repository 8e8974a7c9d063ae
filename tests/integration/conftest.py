"""Fixtures for tests with a portal, and shorter times for tests that wait for a whole worker."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from models.tampering import monitor
from models.tampering.config import DEFAULT_CONFIG
from portal.live import camera_state, state_updater
from tests.support.portal import pool, store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["brief_periods", "browser", "lasting_reports", "pool", "store", "views_judged_soon"]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium for the tests of one module."""
    from tests.support.browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def brief_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts are reported every 2 s instead of every 10 s."""
    monkeypatch.setattr("analytics.camera_analyzer.COVERAGE_S", 2.0)


@pytest.fixture
def views_judged_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tampering monitor makes as many checks as usual, in a quarter of the time."""
    usual = DEFAULT_CONFIG
    quicker = replace(
        usual,
        check_interval_s=usual.check_interval_s / 4,
        dwell_ok_s=usual.dwell_ok_s / 4,
        dwell_moved_s=usual.dwell_moved_s / 4,
        dwell_other_s=usual.dwell_other_s / 4,
    )
    monkeypatch.setattr(monitor, "DEFAULT_CONFIG", quicker)


@pytest.fixture
def lasting_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports that a test stores once stay those of the present, so that a slow browser still finds live cameras."""
    for module, name in (
        (camera_state, "HEALTH_LIFETIME"),
        (camera_state, "LEVEL_LIFETIME"),
        (camera_state, "DELAYED_AFTER"),
        (state_updater, "HEALTH_LIFETIME"),
        (state_updater, "LEVEL_LIFETIME"),
    ):
        monkeypatch.setattr(module, name, timedelta(hours=1))
