"""Agreement and speed of the answers for planners: `make bench-planner`.

    python -m bench.planner.planner_report [--cameras 2] [--days 31] [--queries 1000]

Generates history in a PostgreSQL of its own, and computes its roll-ups. Asks random questions through `pipelines.query`
and in plain SQL over the rows, and typesets the report of a month. Scores imputation, forecasts
and the search for faults on synthetic cameras. Writes build/bench/planner.json.
"""

import argparse
import json
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import numpy as np
from psycopg_pool import ConnectionPool

from analytics.road_users import ROAD_USERS, RoadUser
from bench.inputs import RESULTS
from bench.planner import annual_score, quality_score, usual_day_score
from bench.store.generated_history import DAY, GATES, Amount, insert_day
from bench.target_table import target_lines
from pipelines.config.config_file import read_config
from pipelines.config.settings import Config
from pipelines.query.city import City
from pipelines.query.request import INTERVALS_S, Request
from pipelines.report.sheet import sheet
from pipelines.report.site_month import site_month
from pipelines.report.site_month_pdf import typeset
from pipelines.store.history.refresh import refresh
from pipelines.store.history.rollup_marks import mark_period
from pipelines.store.pool import open_database, transaction

RESULT = RESULTS / "planner.json"
"""Figures that this benchmark writes."""
CITY = ZoneInfo("Asia/Jakarta")
"""Time zone of the city, whose buckets are rolled up."""
ZONES = ("Asia/Jakarta", "Asia/Jakarta", "Asia/Jayapura", "Europe/Amsterdam")
"""Time zones of the questions; those of the city are answered from roll-ups."""
MONTH = datetime(2026, 10, 1, tzinfo=CITY)
"""Beginning of the history."""
TARGETS = {
    "totals_that_differ": "<= 0",
    "query_p95_ms": "<= 300",
    "site_month_pdf_s": "<= 1",
    "imputed_mape_pct": "<= 10",
    "imputed_interval_holds_pct": "93..97",
    "gap_of_3_days_interval_holds_pct": "93..97",
    "gap_of_7_days_interval_holds_pct": "93..97",
    "gap_of_30_days_interval_holds_pct": "93..97",
    "forecast_gain_pct": ">= 10",
    "aadt_short_counts_near_pct": ">= 90",
    "found_faults_pct": ">= 95",
    "false_flags_per_100_camera_weeks": "<= 1",
    "false_flags_on_holidays": "<= 0",
}
"""Figure -> what is wanted [requirement]."""

# Vehicles of a gate in a period.
PLAIN = """
SELECT count(*) FROM crossings WHERE camera_id = %s AND gate = ANY(%s) AND at >= %s AND at < %s AND road_user = ANY(%s)
"""
_GATE = {"road_type": "2/2-TT", "width_m": 7, "capacity_smp_h": 2900}
"""Road of each gate."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--crossings", type=int, default=6, help="of one camera in a minute")
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--json", type=Path, default=RESULT)
    wanted = parser.parse_args()
    minute = timedelta(minutes=1)
    amount = Amount(cameras=wanted.cameras, days=wanted.days, step=minute, crossings=wanted.crossings)
    with tempfile.TemporaryDirectory(prefix="simpang-bench-") as folder:
        config = configuration(Path(folder), amount)
        with open_database(config, max_connections=1) as pool:
            fill(pool, amount)
            figures = {
                "rows": amount.rows,
                **asked(City(config, pool), amount, wanted.queries),
                **typesetting(pool, config),
            }
    figures |= usual_day_score.imputation() | usual_day_score.long_gaps() | usual_day_score.forecasts()
    figures |= annual_score.short_counts()
    figures |= quality_score.found_faults() | quality_score.false_flags()
    wanted.json.parent.mkdir(parents=True, exist_ok=True)
    wanted.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(*target_lines(figures, TARGETS, {}), sep="\n")
    return 0


def configuration(folder: Path, amount: Amount) -> Config:
    """Return a city with the generated cameras at one site."""
    gates = [{"id": gate, "p1": [0, 100 + k], "p2": [600, 100 + k], **_GATE} for k, gate in enumerate(GATES)]
    (folder / "camera.json").write_text(json.dumps({"image_size": [640, 360], "gates": gates}))
    cameras = [
        {"id": camera, "name": camera, "url": "rtsp://192.0.2.1/1", "site": "made", "geometry": "camera.json"}
        for camera in amount.camera_ids
    ]
    city = {"city": {"timezone": CITY.key}, "data_dir": "data", "cameras": cameras}
    (folder / "city.yaml").write_text(json.dumps({**city, "sites": [{"id": "made", "name": "Made"}]}))
    return read_config(folder / "city.yaml")


def fill(pool: ConnectionPool, amount: Amount) -> None:
    """Generate the history of all cameras and roll it up."""
    for camera_id in amount.camera_ids:
        for number in range(amount.days):
            with transaction(pool) as connection:
                insert_day(connection, camera_id, MONTH.astimezone(UTC) + number * DAY, amount)
        with transaction(pool) as connection:
            mark_period(connection, camera_id, MONTH, MONTH + amount.days * DAY)
    while refresh(pool, CITY, at_once=True):
        pass


def asked(city: City, amount: Amount, queries: int) -> dict[str, float]:
    """Ask random questions both ways; return the number of different totals, and the time of the answers."""
    dice, differing, times = random.Random(28), 0, []
    for _ in range(queries):
        request = random_request(dice, amount)
        began = monotonic()
        found = city.gates(request)["vehicles"].sum()
        times.append(1000 * (monotonic() - began))
        (camera,) = request.cameras or ("",)
        edges = [edge for span in request.spans(camera) for edge in span.edges]
        gates = sorted(request.gates or GATES)
        motor = [str(user) for user in request.classes if user is not RoadUser.PERSON]
        with transaction(city.pool) as connection:
            ((expected,),) = connection.execute(PLAIN, [camera, gates, edges[0], edges[-1], motor]).fetchall()
        differing += found != expected
    p95 = round(float(np.percentile(times, 95)), 1)
    return {"queries": queries, "totals_that_differ": differing, "query_p95_ms": p95}


def random_request(dice: random.Random, amount: Amount) -> Request:
    """Return a question on one camera, of at most a month."""
    begin = MONTH + timedelta(minutes=dice.randrange(amount.days * 1440))
    return Request(
        from_at=begin,
        to_at=begin + timedelta(minutes=dice.choice([1, 60, 1440, 10_000, 44_640])),
        zone=ZoneInfo(dice.choice(ZONES)),
        interval_s=dice.choice(INTERVALS_S[2:]),
        cameras=(dice.choice(amount.camera_ids),),
        gates=dice.choice([None, frozenset(dice.sample(GATES, 1))]),
        classes=tuple(dice.sample(ROAD_USERS, dice.randrange(1, 7))),
    )


def typesetting(pool: ConnectionPool, config: Config) -> dict[str, float]:
    """Return the time of the report of a month of the first camera, by part."""
    began = monotonic()
    with transaction(pool) as connection:
        survey = site_month(connection, config, config.cameras[0].id, f"{MONTH:%Y-%m}", MONTH + timedelta(days=40))
    read = monotonic()
    typeset(sheet(survey))
    made = monotonic()
    return {"site_month_read_s": round(read - began, 2), "site_month_pdf_s": round(made - read, 2)}


if __name__ == "__main__":
    raise SystemExit(main())
