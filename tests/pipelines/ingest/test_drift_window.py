"""Rate of a stream's clock in a window of arrivals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest.drift_window import BIN_S, DriftWindow


@given(
    rate=st.floats(0.5, 0.9),
    delays=st.lists(st.floats(0, 0.01), min_size=40, max_size=50),
)
def test_the_rate_is_that_of_the_least_squares_line_through_the_delays(rate: float, delays: list[float]) -> None:
    window, points = DriftWindow(), []
    for number, delay in enumerate(delays):
        arrived = 1000 + number * BIN_S
        points.append((arrived, arrived - 1000 - (number * BIN_S * rate - delay)))
        window.add(arrived, number * BIN_S * rate - delay)
    arrivals, late = np.array(points[:-1]).T
    assert window.rate(rate) == pytest.approx(1 - np.polyfit(arrivals - arrivals[0], late, 1)[0], abs=1e-9)


def test_a_drift_that_is_no_greater_than_the_spread_of_the_delays_is_no_rate() -> None:
    window = DriftWindow()
    for number in range(50):
        delay = 0.4 * (number % 2)
        window.add(1000 + number * BIN_S, number * BIN_S * 0.98 - delay)
    assert window.rate(1.0) == 1.0
