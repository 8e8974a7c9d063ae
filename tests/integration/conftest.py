"""Shorter times than on the road, for tests that wait for them."""

from dataclasses import replace

import pytest

from models.tampering import monitor


@pytest.fixture
def brief_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted is told every two seconds instead of ten."""
    monkeypatch.setattr("analytics.camera_analyzer.COVERAGE_S", 2.0)


@pytest.fixture
def views_judged_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many looks at a camera's view as ever, in a quarter of the time."""
    usual = monitor.DEFAULT_CONFIG
    quicker = replace(
        usual,
        check_interval_s=usual.check_interval_s / 4,
        dwell_ok_s=usual.dwell_ok_s / 4,
        dwell_moved_s=usual.dwell_moved_s / 4,
        dwell_other_s=usual.dwell_other_s / 4,
    )
    monkeypatch.setattr(monitor, "DEFAULT_CONFIG", quicker)
