"""Settings of old rows: no combination shows counts of zero for times whose crossings were deleted."""

import pytest
from pydantic import ValidationError

from pipelines.config.retention_settings import RetentionConfig


@pytest.mark.parametrize("observed_days", [None, 31])
def test_analysed_periods_are_not_kept_without_their_crossings(observed_days: int | None) -> None:
    with pytest.raises(ValidationError, match="observed_days must be set to 30 or fewer"):
        RetentionConfig(crossings_days=30, observed_days=observed_days)


@pytest.mark.parametrize(("crossings_days", "observed_days"), [(None, None), (None, 30), (30, 30), (30, 14)])
def test_crossings_are_kept_as_long_or_longer(crossings_days: int | None, observed_days: int | None) -> None:
    assert RetentionConfig(crossings_days=crossings_days, observed_days=observed_days).observed_days == observed_days
