"""AADT, comparison of periods and manual counts of a gate, from the command line."""

from pathlib import Path

import numpy as np
import pytest

from analytics.planning.annual_traffic import fhwa_aadt
from pipelines.cli import main
from pipelines.commands.traffic_figures import _annual
from tests.support.synthetic_year import synthetic_year

SOUTH, NORTH = (["--camera", "laluan-1", "--gate", gate] for gate in ("selatan", "utara"))


@pytest.fixture
def run(steady_city, capsys):
    """Run a command; return its lines and, where it fails, the line of the error."""

    def call(name: str, *arguments: str) -> list[str]:
        path = steady_city.config.cameras[0].geometry.parent / "city.yaml"
        try:
            main([name, str(path), *arguments])
        except SystemExit:
            return capsys.readouterr().err.splitlines()
        return capsys.readouterr().out.splitlines()

    return call


def test_periods_without_a_change_are_within_chance_and_a_dead_gate_is_not(run):
    same = run("compare", *SOUTH, "--before", "2026-09-01", "2026-09-28", "--after", "2026-10-01", "2026-10-28")
    assert same[0] == "before: 384 vehicles a day on 14 days; after: 14 days"
    assert same[1:] == ["change (+0.0 %): +0 vehicles a day (+0 to +0)", "p = 1.000: within chance"]
    dead = run("compare", *NORTH, "--before", "2026-09-01", "2026-10-20", "--after", "2026-10-29", "2026-10-29")
    assert dead[1:] == ["change (-100.0 %): -384 vehicles a day (-384 to -384)", "p < 0.001: significant"]


def test_periods_that_overlap_or_hold_too_little_are_refused(run):
    (error,) = run("compare", *SOUTH, "--before", "2026-09-01", "2026-09-28", "--after", "2026-09-28", "2026-10-28")
    assert "overlap" in error
    (error,) = run("compare", *SOUTH, "--before", "2026-09-01", "2026-09-01", "--after", "2026-09-08", "2026-09-08")
    assert "too few complete days" in error


def test_an_aadt_needs_the_months_of_the_year(run):
    lines = run("aadt", *SOUTH, "--year", "2026")
    assert [line.split(":")[1] for line in lines] == [" unknown, as a month or weekday lacks observed days"] * 2
    year = synthetic_year(np.random.default_rng(1), is_seen=lambda day, hour: day.day != 3)
    found = fhwa_aadt(year, 2026)
    text = f"AADT by FHWA: {found.aadt:.0f} vehicles a day ({found.low:.0f} to {found.high:.0f})"
    assert _annual("FHWA", found) == f"{text}, 353 days, 84 of 84 cells"


def test_a_manual_count_is_compared_where_all_was_observed(run, tmp_path: Path):
    file = tmp_path / "manual.csv"
    file.write_text(
        "start,end,vehicles\n2026-10-06T06:00,2026-10-06T07:00,20\n2026-10-06T00:00,2026-10-06T01:00,9\n"
        "2026-10-06T08:00+07:00,2026-10-06T08:30+07:00,8\n"
    )
    assert run("check-count", str(file), *SOUTH) == [
        "2026-10-06 06:00-07:00: 20 by hand, 16 counted, GEH 0.9",
        "2026-10-06 00:00-01:00: 9 by hand; not observed completely",
        "2026-10-06 08:00-08:30: 8 by hand, 8 counted, GEH 0.0",
        "error -14.3 %; GEH below 5 in 100 % of 2 periods",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start,end\n2026-10-06T06:00,2026-10-06T07:00\n", "vehicles"),
        ("start,end,vehicles\n2026-10-06T07:00,2026-10-06T06:00,3\n", "no period of whole minutes"),
        ("start,end,vehicles\n2026-10-06T06:00,2026-10-06T07:00,-3\n", "-3 vehicles"),
        ("start,end,vehicles\n", "no period"),
    ],
)
def test_a_manual_count_that_cannot_be_read_is_refused_with_advice(run, tmp_path: Path, text, message):
    (tmp_path / "manual.csv").write_text(text)
    (error,) = run("check-count", str(tmp_path / "manual.csv"), *SOUTH)
    assert message in error and "give" in error
