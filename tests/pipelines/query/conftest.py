"""A city whose traffic is the same every day, until one gate is dead."""

from collections.abc import Iterator

import pytest

from pipelines.query.city import City
from pipelines.store.pool import open_database, transaction
from tests.support.random_history import city_config

DEAD_FROM = "2026-10-28 12:00+07"
"""Time from which the northern gate has no vehicle."""

# 70 days; in each quarter of an hour four cars at each gate. The first hour of even days is a gap.
_HISTORY = """
CREATE TEMPORARY TABLE quarters ON COMMIT DROP AS
SELECT at, md5(at::text)::uuid AS event_id, row_number() OVER () AS number
FROM generate_series('2026-08-21 00:00+07', '2026-10-29 23:45+07', interval '15 minutes') AS at
WHERE to_char(at AT TIME ZONE 'Asia/Jakarta', 'HH24') > '00'
    OR extract(day FROM at AT TIME ZONE 'Asia/Jakarta')::int % 2 = 1;
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


@pytest.fixture(scope="session")
def steady_city(_postgres_server, tmp_path_factory) -> Iterator[City]:
    config = city_config(tmp_path_factory.mktemp("city"), _postgres_server.new_database())
    with open_database(config, max_connections=1) as pool:
        with transaction(pool) as connection:
            connection.execute(_HISTORY.format(dead_from=DEAD_FROM))
        yield City(config, pool)
