"""Quality of incidents from verdicts, against a plain count over the same incidents."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from analytics.incidents.quality import (
    MIN_VERDICTS,
    WANTED_PRECISION,
    AlarmQuality,
    JudgedIncident,
    SuggestedThreshold,
    alarm_quality,
    most_within,
    suggested_threshold,
)

INCIDENTS = st.lists(
    st.builds(
        JudgedIncident,
        confidence=st.one_of(st.sampled_from((0.5, 0.6, 0.7, 0.8, 0.9)), st.floats(0.5, 1)),
        confirmed=st.sampled_from((True, True, True, False, None)),
        delay_s=st.floats(0, 60),
    ),
    max_size=80,
)


def judged(confidence: float, confirmed: bool | None, n: int = 1, **times: float) -> list[JudgedIncident]:
    return [JudgedIncident(confidence=confidence, confirmed=confirmed, **{"delay_s": 8.0, **times})] * n


def test_precision_counts_verdicts_alone_and_times_are_medians() -> None:
    incidents = [
        *judged(0.8, True, 3, delay_s=10.0, acknowledge_s=30.0),
        *judged(0.8, False, delay_s=2.0, acknowledge_s=90.0),
        *judged(0.8, None, 2, delay_s=6.0),
    ]
    assert alarm_quality(incidents) == AlarmQuality(6, 3, 1, 0.75, 8.0, 30.0)


def test_without_a_verdict_there_is_no_precision() -> None:
    assert alarm_quality([]) == AlarmQuality(0, 0, 0, None, None, None)
    assert alarm_quality(judged(0.8, None)).precision is None


def test_the_threshold_is_the_lowest_that_leaves_few_false_alarms() -> None:
    incidents = judged(0.6, False, 10) + judged(0.7, True, 9) + judged(0.7, False) + judged(0.9, True, 10)
    found = suggested_threshold(incidents)
    assert found is not None
    assert (found.confidence, found.precision, found.kept) == (0.7, 0.95, 1.0)


def test_few_verdicts_or_none_that_is_real_suggest_nothing() -> None:
    assert suggested_threshold(judged(0.9, True, MIN_VERDICTS - 1) + judged(0.9, None, 9)) is None
    assert suggested_threshold(judged(0.9, True, MIN_VERDICTS)) is not None
    assert suggested_threshold(judged(0.9, False, 50)) is None


@given(INCIDENTS)
def test_a_suggestion_meets_the_wanted_precision_and_none_below_it_does(incidents: list[JudgedIncident]) -> None:
    def precision(threshold: float) -> float:
        above = [i for i in incidents if i.confirmed is not None and i.confidence >= threshold]
        return len([i for i in above if i.confirmed]) / len(above) if above else 0.0

    found = suggested_threshold(incidents)
    verdicts = [i for i in incidents if i.confirmed is not None]
    reached = sorted(i.confidence for i in verdicts if precision(i.confidence) >= WANTED_PRECISION)
    if len(verdicts) < MIN_VERDICTS or not reached:
        assert found is None
    else:
        assert found is not None
        kept = [i for i in verdicts if i.confirmed and i.confidence >= reached[0]]
        real = [i for i in verdicts if i.confirmed]
        assert (found.confidence, found.precision) == (reached[0], precision(reached[0]))
        assert found.kept == len(kept) / len(real)


def test_the_threshold_of_many_incidents_is_found_in_one_sweep() -> None:
    incidents = [incident for n in range(5000) for incident in judged(n / 5000, False)] + judged(1.0, True, 5)
    begun = process_time()
    assert suggested_threshold(incidents) == SuggestedThreshold(1.0, 1.0, 1.0)
    assert process_time() - begun < 0.5, "5000 thresholds with a pass over all incidents each take over a second"


@given(st.lists(st.integers(0, 3000), max_size=40).map(sorted))
def test_the_busiest_period_is_that_with_most_of_all_periods_that_begin_with_a_time(times: list[int]) -> None:
    counts = [sum(first <= time < first + 600 for time in times) for first in times]
    assert most_within([float(time) for time in times], 600.0) == max(counts, default=0)
