"""Faults of a day from a real database: found, printed as new or recurring, and the exit status."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from pipelines.cli import main
from pipelines.errors import UserError
from pipelines.query.city import City
from pipelines.query.count_faults import CLASSES, camera_days, findings
from pipelines.query.place import places
from pipelines.store.pool import open_database, transaction
from tests.support.random_history import city_config

DEAD_FROM = "2026-10-28 12:00+07"
"""Time from which the northern gate has no vehicle."""

# 70 days of quarters; in each quarter of an hour four cars at each gate, but for the first hour of each day, a gap.
_HISTORY = """
CREATE TEMPORARY TABLE quarters ON COMMIT DROP AS
SELECT at, md5(at::text)::uuid AS event_id, row_number() OVER () AS number
FROM generate_series('2026-08-21 00:00+07', '2026-10-29 23:45+07', interval '15 minutes') AS at
WHERE extract(hour FROM at AT TIME ZONE 'Asia/Jakarta') > 0;
INSERT INTO observed (start_at, event_id, camera_id, end_at, observed_s)
SELECT at, event_id, 'laluan-1', at + interval '15 minutes', 900 FROM quarters;
INSERT INTO crossings (at, event_id, n, camera_id, gate, direction, road_user, track, speed_kmh)
SELECT at + k * interval '1 minute', event_id, k + CASE gate WHEN 'utara' THEN 0 ELSE 4 END, 'laluan-1', gate, 'A',
    'car', number * 10 + k, 30
FROM quarters CROSS JOIN generate_series(0, 3) AS k CROSS JOIN unnest(ARRAY['utara', 'selatan']) AS gate
WHERE gate = 'selatan' OR at < '{dead_from}';
INSERT INTO gate_intervals (camera_id, gate, direction, start_at, end_at, flow_veh_h, emp_verified, sight, coverage)
SELECT 'laluan-1', gate, 'A', at, at + interval '15 minutes', 16, true, 'clear', 1
FROM quarters CROSS JOIN unnest(ARRAY['utara', 'selatan']) AS gate;
"""


@pytest.fixture(scope="module")
def city(_postgres_server, tmp_path_factory) -> Iterator[City]:
    config = city_config(tmp_path_factory.mktemp("city"), _postgres_server.new_database())
    with open_database(config, max_connections=1) as pool:
        with transaction(pool) as connection:
            connection.execute(_HISTORY.format(dead_from=DEAD_FROM))
        yield City(config, pool)


def test_counts_are_those_of_the_rows_and_gaps_are_unknown(city):
    (place,) = places(city.config)
    recent = np.arange("2026-09-20", "2026-10-29", dtype="datetime64[D]")
    dates = np.append(np.array(["2026-08-25"], "datetime64[D]"), recent)  # days need not follow each other
    days = camera_days(city, place, dates)
    assert days.gates == ("utara", "selatan")  # nothing was ever reported of the gate timur
    assert np.isnan(days.counts[:, :4]).all() and np.isfinite(days.counts[:, 4:]).all()
    assert (days.counts[:-1, 4:].sum(axis=3) == 4).all() and (days.counts[:, 4:, 1, CLASSES.index("car")] == 4).all()
    assert (days.counts[-1, 48:, 0] == 0).all() and (days.counts[-1, 4:48, 0].sum(axis=1) == 4).all()


def test_a_gate_is_examined_from_its_fifth_week(city):
    assert list(findings(city, date(2026, 9, 10))) == [("laluan-1", [])]
    with pytest.raises(UserError, match="no camera nowhere"):
        list(findings(city, date(2026, 10, 28), ("nowhere",)))


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
                "recurring: laluan-1/utara 2026-10-29 01:00-24:00: no vehicle (zero; 0 vehicles, 368 expected)",
                "2026-10-29: 1 findings, 0 new",
            ],
        ),
    ],
)
def test_the_command_prints_findings_and_fails_with_a_new_one(city, capsys, day, status, lines):
    path = city.config.cameras[0].geometry.parent / "city.yaml"
    codes = []
    try:
        main(["quality", str(path), "--day", day])
    except SystemExit as stopped:
        codes.append(stopped.code)
    assert (codes, capsys.readouterr().out.splitlines()) == (status, lines)
