"""Forecast of the hourly volumes of a day: the usual day, times how busy it was lately and what is known of the day."""

from dataclasses import dataclass

import numpy as np

from analytics.planning.annual_traffic import CONFIDENCE
from analytics.planning.local_hours import HOURS, Dates, Floats, LocalHours
from analytics.planning.usual_day import OWN_SPREAD, medians_without_itself, usual_day

LEAST_DAYS = 28
"""Fewest days of history with half their hours observed [assumption: four weeks]."""
MOST_DAYS = 365
"""Days of history that are used: the latest; a season is in them once."""
HALF_LIVES_DAYS = (1.0, 4.0, 15.0)
"""Half-lives of the means of how busy the days before were [assumption: days, weeks and season]."""
RIDGE = 10.0
"""Penalty of the coefficients, as that many busy hours without effect [assumption]."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Volumes of a day by hour, all (24,); NaN where unknown.

    volume: forecast. usual: of the usual day, for comparison. low, high: contain the volume with probability
    `CONFIDENCE`.
    """

    volume: Floats
    usual: Floats
    low: Floats
    high: Floats


def forecast(
    hours: LocalHours, day: np.datetime64, holidays: Dates, conditions: Floats | None = None
) -> Forecast | None:
    """Return the volumes of `day` from the hours before it; those of `day` and later are not read.

    The log of observed over usual volume is regressed on the means of the days before, and on the conditions and their
    roots [ridge regression, Hoerl and Kennard 1970; weights are those of Poisson counts]. The interval has the
    quantiles of the residuals of the hour.
    conditions: (n + 1, 24, k), of the dates of `hours` and last of `day`, such as forecast rain in mm/h or visitors of
    an event; 0 where there is none. Hours whose conditions are NaN, unknown, are not used. None where fewer than
    `LEAST_DAYS` days were observed, or too few like `day`.
    """
    given = conditions if conditions is not None else np.zeros((len(hours.dates) + 1, HOURS, 0))
    kept = np.flatnonzero((hours.dates < day) & (hours.dates >= day - np.timedelta64(MOST_DAYS, "D")))
    past = LocalHours(hours.dates[kept], hours.volume[kept])
    used = np.isfinite(past.volume) & np.isfinite(given[kept]).all(axis=2)
    usual = usual_day(past, holidays).of(np.array([day]), holidays)[0]
    if (used.sum(axis=1) >= HOURS / 2).sum() < LEAST_DAYS or np.isnan(usual).all():
        return None
    known = np.concatenate([np.nan_to_num(given[kept]), given[-1:]])
    effects = np.concatenate([known, np.sqrt(np.maximum(known, 0))], axis=2)
    blind = medians_without_itself(past, holidays)
    seen = used & np.isfinite(blind)
    ratio = np.where(seen, np.log((past.volume + 0.5) / (blind + 0.5)), 0.0)
    weight = np.where(seen, 1 / (1 / (np.where(seen, blind, 0) + 0.5) + OWN_SPREAD**2), 0.0) * OWN_SPREAD**2
    # How busy days were beside what the conditions did: first those alone, then all together.
    alone = _fit(effects[:-1], ratio, weight)
    gap_days = (day - past.dates).astype(float)
    levels = _levels(ratio - effects[:-1] @ alone, weight, gap_days)
    features = np.concatenate([effects, np.repeat(levels[:, None], HOURS, axis=1)], axis=2)
    coefficients = _fit(features[:-1], ratio, weight)
    residual = np.where(seen, ratio - features[:-1] @ coefficients, np.nan)
    volume = usual * np.exp(features[-1] @ coefficients)
    low, high = np.full((2, HOURS), np.nan)
    for hour in range(HOURS):
        of_hour = residual[np.isfinite(residual[:, hour]), hour]
        if len(of_hour) >= LEAST_DAYS / 2:
            low[hour], high[hour] = np.quantile(of_hour, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Forecast(volume, usual, volume * np.exp(low), volume * np.exp(high))


def _fit(features: Floats, ratio: Floats, weight: Floats) -> Floats:
    """Return the coefficients (k,) of the weighted ridge regression of the ratios (n, 24) on features (n, 24, k)."""
    k = features.shape[2]
    x, y, w = features.reshape(ratio.size, k), ratio.ravel(), weight.ravel()
    scale = np.sqrt(np.maximum((w[:, None] * x**2).sum(axis=0) / max(w.sum(), 1e-9), 1e-12))
    scaled = x / scale
    normal = scaled.T @ (w[:, None] * scaled) + RIDGE * np.eye(k)
    fitted: Floats = np.linalg.solve(normal, scaled.T @ (w * y)) / scale
    return fitted


def _levels(ratio: Floats, weight: Floats, before_days: Floats) -> Floats:
    """Return, for each day and last the forecast one, the means of the ratios of earlier days by half-life."""
    of_day, weights = (weight * ratio).sum(axis=1), weight.sum(axis=1)
    at = np.append(before_days, 0.0)
    lag = before_days[None, :] - at[:, None]
    earlier = np.where(lag > 0, lag, np.inf)
    means = []
    for half_life in HALF_LIVES_DAYS:
        kernel = 0.5 ** (earlier / half_life)
        means.append((kernel @ of_day) / (kernel @ weights + 1.0))
    return np.stack(means, axis=1)
