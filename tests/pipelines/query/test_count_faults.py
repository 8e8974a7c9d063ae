"""Faults of a day from a real database: found, printed as new or recurring, and the exit status."""

from datetime import date

import numpy as np
import pytest

from pipelines.cli import main
from pipelines.errors import UserError
from pipelines.query.count_faults import CLASSES, camera_days, findings
from pipelines.query.place import places


def test_counts_are_those_of_the_rows_and_gaps_are_unknown(steady_city):
    (place,) = places(steady_city.config)
    recent = np.arange("2026-09-20", "2026-10-29", dtype="datetime64[D]")
    dates = np.append(np.array(["2026-08-25"], "datetime64[D]"), recent)  # days need not follow each other
    days = camera_days(steady_city, place, dates)
    assert days.gates == ("utara", "selatan")  # nothing was ever reported of the gate timur
    is_even = np.array([day.day % 2 == 0 for day in dates.tolist()])
    assert (np.isnan(days.counts[:, :4]).all(axis=(1, 2, 3)) == is_even).all()
    assert np.isfinite(days.counts[~is_even]).all() and np.isfinite(days.counts[:, 4:]).all()
    assert (days.counts[:-1, 4:].sum(axis=3) == 4).all() and (days.counts[:, 4:, 1, CLASSES.index("car")] == 4).all()
    assert (days.counts[-1, 48:, 0] == 0).all() and (days.counts[-1, 4:48, 0].sum(axis=1) == 4).all()


def test_a_gate_is_examined_from_its_fifth_week(steady_city):
    assert list(findings(steady_city, date(2026, 9, 10))) == [("laluan-1", [])]
    with pytest.raises(UserError, match="no camera nowhere"):
        list(findings(steady_city, date(2026, 10, 28), ("nowhere",)))


@pytest.mark.parametrize(
    ("day", "status", "lines"),
    [
        (
            "2026-10-28",
            [1],
            [
                "new: laluan-1/utara 2026-10-28 12:00-24:00: no vehicle (zero; 0 vehicles, 192 expected)",
                "2026-10-28: 1 findings, 1 new",
            ],
        ),
        (
            "2026-10-29",
            [],
            [
                "recurring: laluan-1/utara 2026-10-29 00:00-24:00: no vehicle (zero; 0 vehicles, 384 expected)",
                "2026-10-29: 1 findings, 0 new",
            ],
        ),
    ],
)
def test_the_command_prints_findings_and_fails_with_a_new_one(steady_city, capsys, day, status, lines):
    path = steady_city.config.cameras[0].geometry.parent / "city.yaml"
    codes = []
    try:
        main(["quality", str(path), "--day", day])
    except SystemExit as stopped:
        codes.append(stopped.code)
    assert (codes, capsys.readouterr().out.splitlines()) == (status, lines)
