"""History as CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.facts import Level
from portal.history.csv_table import Separator, as_csv
from portal.history.schemas import HistoryRow
from tests.support.portal_events import NOON, crossing, ten_seconds


def test_csv_has_utc_and_local_times_and_empty_cells_for_gaps(signed_in, store):
    store(*(ten_seconds(NOON + timedelta(seconds=10 * i), crossing(NOON, headway_s=i or None)) for i in range(6)))
    answer = signed_in("rina").get(
        "/api/history.csv",
        params={
            "camera": "laluan-1",
            "gate": "utara",
            "from": "2026-11-20T05:00:00Z",
            "to": "2026-11-20T05:02:00Z",
            "interval": 60,
        },
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = "simpang_laluan-1_utara_20261120-1200_20261120-1202_60s.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    counted, gap = csv.DictReader(io.StringIO(answer.text))
    assert counted["start_utc"] == "2026-11-20T05:00:00Z"
    assert counted["start_local"] == "2026-11-20T12:00:00+07:00"
    assert (counted["car"], counted["bus"], counted["coverage"], counted["flow_veh_h"]) == ("6", "0", "1.0", "360.0")
    assert (counted["headway_mean_s"], counted["headway_median_s"], counted["smp_h"]) == ("3.0", "3.0", "")
    assert (gap["car"], gap["bus"], gap["coverage"], gap["flow_veh_h"], gap["level"]) == ("", "", "0.0", "", "")


def test_csv_with_semicolons_opens_in_columns_in_a_spreadsheet_in_indonesian(signed_in, store):
    store(*(ten_seconds(NOON + timedelta(seconds=10 * i), crossing(NOON, headway_s=2.5)) for i in range(6)))
    query = "camera=laluan-1&gate=utara&from=2026-11-20T05:00:00Z&to=2026-11-20T05:02:00Z&interval=60"
    answer = signed_in("rina").get(f"/api/history.csv?{query}&separator=semicolon")
    assert answer.content.startswith(b"\xef\xbb\xbfstart_utc;end_utc;start_local;")
    counted, gap = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert (counted["start_utc"], counted["start_local"]) == ("2026-11-20 05:00:00", "2026-11-20 12:00:00")
    assert (counted["car"], counted["flow_veh_h"], counted["headway_mean_s"]) == ("6", "360,0", "2,5")
    assert (gap["car"], gap["coverage"], gap["level"]) == ("", "0,0", "")
    assert signed_in("rina").get(f"/api/history.csv?{query}&separator=tab").status_code == 422


def row(**measures):
    start = datetime(2026, 11, 20, 5, tzinfo=UTC)
    return HistoryRow(start_at=start, end_at=start + timedelta(hours=1), coverage=0.25, level=Level.DENSE, **measures)


@pytest.mark.parametrize("separator", Separator)
def test_both_forms_of_the_csv_have_the_same_columns_and_values(separator):
    rows = [row(speed_kmh=12.5, flow_veh_h=1234.5), row(speed_kmh=None, saturation=1e-05)]
    lines = list(as_csv(rows, ZoneInfo("Asia/Kathmandu"), separator))
    delimiter, point = (",", ".") if separator is Separator.COMMA else (";", ",")
    header, *cells = csv.reader([line.removeprefix("\ufeff") for line in lines], delimiter=delimiter)
    assert header[:5] == ["start_utc", "end_utc", "start_local", "end_local", "coverage"]
    assert [len(each) for each in cells] == [len(header)] * 2
    first, second = (dict(zip(header, each, strict=True)) for each in cells)
    assert [first[name].replace(point, ".") for name in ("coverage", "speed_kmh", "flow_veh_h")] == [
        "0.25",
        "12.5",
        "1234.5",
    ]
    assert (second["speed_kmh"], float(second["saturation"].replace(point, "."))) == ("", 1e-05)
    assert "10:45:00" in first["start_local"]
