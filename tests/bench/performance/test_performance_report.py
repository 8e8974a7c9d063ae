import pytest

from bench.performance.performance_report import FIGURES, TARGETS, no_worse_than_the_peer, plot, share

FIGURES_OF_THE_ISSUE = {
    "single_stream_ratio",
    "single_stream_f1",
    "peer_f1",
    "limit_ratio",
    "capacity_cameras",
    "looks_over_objectcounter",
    "outside_network_ratio",
    "analysis_over_network",
    "busy_before_miss",
    "overload_ratio",
    "capacity_count_error",
    "capacity_incidents_lost",
    "frame_to_event_p95_ms",
    "cpu_growth",
    "memory_mb_per_camera",
}


def test_every_figure_comes_from_one_part_and_every_target_has_its_figure():
    names = [name for names in FIGURES.values() for name in names]

    assert sorted(names) == sorted(FIGURES_OF_THE_ISSUE)
    assert {target.figure for target in TARGETS} <= FIGURES_OF_THE_ISSUE


@pytest.mark.parametrize(
    ("figure", "met", "missed"),
    [("looks_over_objectcounter", 6.3, 6.2), ("cpu_growth", 1.1, 1.11), ("capacity_incidents_lost", 0, 1)],
)
def test_a_target_is_met_at_its_bound(figure, met, missed):
    (target,) = (target for target in TARGETS if target.figure == figure)

    assert target.met(met) is True
    assert target.met(missed) is False
    assert target.met(None) is None
    assert share(target, met) >= 1 > share(target, missed)


def test_counting_worse_than_the_peer_is_a_target_missed():
    assert no_worse_than_the_peer({"single_stream_f1": 0.98, "peer_f1": 0.98}) is True
    assert no_worse_than_the_peer({"single_stream_f1": 0.97, "peer_f1": 0.98}) is False
    assert no_worse_than_the_peer({"single_stream_f1": None, "peer_f1": 0.98}) is None


def test_parts_that_measured_nothing_leave_the_plot_empty_and_not_broken(tmp_path):
    nothing = dict.fromkeys(FIGURES_OF_THE_ISSUE)

    plot(nothing, {part: {} for part in FIGURES}).savefig(tmp_path / "speed.png")

    assert (tmp_path / "speed.png").stat().st_size > 0
