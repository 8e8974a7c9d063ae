"""Shorter times than on the road, for tests that wait for them."""

import pytest

from models.tampering import monitor


@pytest.fixture
def brief_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted is told every two seconds instead of ten."""
    monkeypatch.setattr("analytics.camera_analyzer.COVERAGE_S", 2.0)


@pytest.fixture
def views_judged_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many looks at a camera's view as ever, in a quarter of the time."""
    quarters = {state: seconds / 4 for state, seconds in monitor.DWELL_S.items()}
    monkeypatch.setattr(monitor, "CHECK_INTERVAL_S", monitor.CHECK_INTERVAL_S / 4)
    monkeypatch.setattr(monitor, "DWELL_S", quarters)
