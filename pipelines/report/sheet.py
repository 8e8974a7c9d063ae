"""Content of the printed survey sheet: the texts, tables and series that `site_month.typ` lays out."""

from datetime import timedelta
from importlib.metadata import version
from typing import Any

import numpy as np

from analytics.planning.peak_hour import PeakHour
from analytics.road_users import RoadUser
from pipelines.report.indonesian import CAUSES, UNKNOWN, day, hour, moment, month, number, percent
from pipelines.report.quarter_flows import QUARTERS, Counts, by_class, vehicles
from pipelines.report.site_month import LOST, CameraSurvey, SiteMonth
from pipelines.report.survey_figures import PKJI_GROUPS, RoadSurvey

WIDEST_BY_CLASS = 2
"""Most streams of a table that shows the classes of each; of more, it shows vehicles and smp. [width of A4]"""


def sheet(survey: SiteMonth) -> dict[str, Any]:
    """Return the content of the report as JSON."""
    last = survey.end - timedelta(days=1)
    return {
        "title": f"Survei lalu lintas {survey.site}, {month(survey.first)}",
        "site": survey.site,
        "month": month(survey.first),
        "city": survey.city,
        "simulated": survey.simulated,
        "made": f"Dibuat {moment(survey.made_at)} oleh Simpang {version('simpang')}",
        "period": f"{day(survey.first)} sampai {day(last)}",
        "holidays": [f"{day(when)}: {name}" for when, name in survey.holidays.items()],
        "cameras": [_camera(camera) for camera in survey.cameras],
    }


def _camera(camera: CameraSurvey) -> dict[str, Any]:
    hours = camera.gap_hours.items()
    causes = ", ".join(f"{CAUSES.get(cause, cause)} {number(missing, 1)} jam" for cause, missing in hours)
    return {
        "name": camera.name,
        "facts": [
            ["Cakupan bulan ini", percent(camera.coverage)],
            ["Tidak teramati karena", causes or UNKNOWN],
            ["Detektor tidak melihat (gelap, silau, hujan)", f"{percent(camera.blind_share)} dari waktu"],
        ],
        "roads": [_road(road) for road in camera.roads],
    }


def _road(road: RoadSurvey) -> dict[str, Any]:
    together = np.sum(list(road.mean_day.values()), axis=0)
    return {
        "name": road.name,
        "facts": _facts(road, together),
        "classes": [[name, _of_group(road.total, group)] for name, group in PKJI_GROUPS.items()],
        "profile": [_or_none(4 * n) for n in vehicles(together)],
        "peak": None if road.peak is None else road.peak.first,
        "days": _days(road),
        "heat": _heat(road),
        "sheet": _table(road, together),
        "streams": _stream_totals(road),
    }


def _facts(road: RoadSurvey, together: Counts) -> list[list[str]]:
    peak, busiest, capacity = road.peak, road.busiest, road.capacity
    of_day = float(vehicles(together).sum())
    described = road.road
    emp = None if capacity is None else capacity.smp.row
    return [
        ["Kendaraan tercacah sebulan (apa adanya)", f"{number(float(vehicles(road.total)))} kend"],
        ["Volume hari kerja rata-rata", UNKNOWN if np.isnan(of_day) else f"{number(of_day)} kend/hari"],
        ["Jam puncak hari kerja rata-rata", _peak_text(peak) if peak else UNKNOWN],
        ["PHF hari rata-rata", number(peak.factor if peak else None, 3)],
        [
            "Jam tersibuk bulan ini",
            f"{day(busiest[0])}, {_peak_text(busiest[1])}" if busiest else UNKNOWN,
        ],
        ["Tipe jalan", str(described.type) if described else "belum dideskripsikan di camera.json"],
        ["Arus jam puncak", f"{number(capacity.smp.smp_h)} smp/jam" if capacity else UNKNOWN],
        ["Kapasitas C", f"{number(described.capacity_smp_h)} smp/jam" if described else UNKNOWN],
        ["Derajat kejenuhan DJ = q/C", number(capacity.saturation if capacity else None, 2)],
        ["Tingkat pelayanan (KM 14/2006)", str((capacity.level if capacity else None) or UNKNOWN)],
        [
            "Nilai emp",
            f"{emp.manual}, {'terverifikasi' if emp.verified else 'belum terverifikasi'}" if emp else UNKNOWN,
        ],
    ]


def _peak_text(peak: PeakHour) -> str:
    """Return a peak hour, with the hours that were examined where the true peak may lie in another."""
    doubt = "" if peak.certain else f" (belum pasti: {peak.examined} dari {peak.hours} jam teramati)"
    return f"{hour(peak.first)}, {number(peak.volume)} kend/jam{doubt}"


def _of_group(counts: Counts, group: tuple[RoadUser, ...]) -> float:
    return sum(by_class(counts)[user] for user in group)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)


def _days(road: RoadSurvey) -> list[dict[str, Any]]:
    """Return the observed vehicles of each date, and the share of the date that was observed."""
    counts = vehicles(np.sum(list(road.streams.values()), axis=0))
    dates = np.array([when.day for when in road.month.dates])
    return [
        {
            "day": int(number_of_day),
            "volume": float(counts[dates == number_of_day].sum())
            if road.month.is_known[dates == number_of_day].any()
            else None,
            "coverage": float(road.month.coverage[dates == number_of_day].mean()),
        }
        for number_of_day in sorted(set(dates))
    ]


def _heat(road: RoadSurvey) -> list[list[float | None]]:
    """Return the mean flow (veh/h) by weekday and hour; None where it was not observed."""
    month_of_road = road.month
    counts = vehicles(np.sum(list(road.streams.values()), axis=0))
    used = month_of_road.is_used
    cells = np.array([when.weekday() for when in month_of_road.dates]) * 24 + month_of_road.numbers // 4
    sums = np.bincount(cells[used], 4 * counts[used] / month_of_road.coverage[used], minlength=7 * 24)
    seen = np.bincount(cells[used], minlength=7 * 24)
    means = np.divide(sums, seen, out=np.full(7 * 24, np.nan), where=seen > 0)
    return [[_or_none(value) for value in row] for row in means.reshape(7, 24)]


def _table(road: RoadSurvey, together: Counts) -> dict[str, Any]:
    """Return the sheet of the mean working day: heads with their width, a row for each quarter, and the day."""
    by_classes = len(road.streams) <= WIDEST_BY_CLASS
    columns = [*PKJI_GROUPS, "kend", "smp"] if by_classes else ["kend", "smp"]
    total = ["kend", "smp"] if by_classes else [*PKJI_GROUPS, "kend", "smp"]
    smp = [road.smp_of_quarter(quarter) for quarter in range(QUARTERS)]

    def row(chosen: slice) -> list[str]:
        of_stream = {stream: _sum([quarter[stream] for quarter in smp[chosen]]) for stream in road.streams}
        cells = [
            cell
            for stream, counts in road.mean_day.items()
            for cell in _cells(counts[chosen].sum(axis=0), of_stream[stream], columns)
        ]
        return [*cells, *_cells(together[chosen].sum(axis=0), _sum(list(of_stream.values())), total)]

    heads = [[stream_name(road, stream), len(columns)] for stream in road.streams]
    return {
        "heads": [*heads, ["Jumlah", len(total)]],
        "columns": [*columns * len(road.streams), *total],
        "rows": [[f"{k // 4:02}.{k % 4 * 15:02}", *row(slice(k, k + 1))] for k in range(QUARTERS)],
        "sum": ["Sehari", *row(slice(0, QUARTERS))],
    }


def _sum(values: list[float | None]) -> float | None:
    """Return the sum; None where a value is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _cells(counts: Counts, smp: float | None, columns: list[str]) -> list[str]:
    texts = {name: number(_of_group(counts, group), 1) for name, group in PKJI_GROUPS.items()}
    texts |= {"kend": number(float(vehicles(counts)), 1), "smp": number(smp, 1)}
    return [texts[name] for name in columns]


def _stream_totals(road: RoadSurvey) -> list[list[str]]:
    """Return, for each stream, its observed vehicles of the month, its share, and those of its peak hour."""
    every = float(vehicles(road.total))
    rows = []
    for stream, counts in road.streams.items():
        observed = float(vehicles(counts.sum(axis=0)))
        mean = road.mean_day[stream]
        at_peak = None if road.peak is None else float(vehicles(mean[road.peak.first : road.peak.first + 4]).sum())
        share = percent(observed / every) if every else UNKNOWN
        rows.append([stream_name(road, stream), number(observed), share, number(at_peak)])
    return rows


def stream_name(road: RoadSurvey, stream: str) -> str:
    """Return the heading of a stream: a direction of a gate, or a movement from one arm to another."""
    if stream == LOST:
        return "tujuan tak terlacak"
    return f"ke {stream}" if road.is_approach else f"arah {stream}"
