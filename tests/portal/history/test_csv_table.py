"""History as CSV."""

import csv
import io
from datetime import timedelta

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
