"""The survey sheet of a site: its figures are those of SQL, and it is a PDF that can be drawn."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import psycopg
import pytest

from pipelines.cli import main
from pipelines.config.retention_settings import RetentionConfig
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.report.sheet import sheet
from pipelines.report.site_month import month_of, site_month
from pipelines.report.site_month_pdf import typeset
from pipelines.store.pool import open_database, transaction
from tests.support.random_history import city_config, write_history

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def config(_postgres_server, tmp_path_factory) -> Iterator[Config]:
    made = city_config(tmp_path_factory.mktemp("city"), _postgres_server.new_database())
    with open_database(made, max_connections=1) as pool:
        write_history(pool, random.Random(4))
    return made


@pytest.fixture(scope="module")
def content(config):
    with open_database(config, max_connections=1) as pool, transaction(pool) as connection:
        return sheet(site_month(connection, config, "laluan", "2026-10", NOW))


def test_totals_of_the_sheet_are_those_of_the_rows(config, content):
    with psycopg.connect(config.store.dsn.get_secret_value()) as connection:
        rows = connection.execute(
            "SELECT gate, count(*) FROM crossings WHERE road_user <> 'person' AND "
            "at >= '2026-10-01 00:00+07' AND at < '2026-11-01 00:00+07' AND (gate, direction) IN "
            "(('utara', 'A'), ('selatan', 'B'), ('timur', 'A'), ('timur', 'B')) GROUP BY gate"
        ).fetchall()
    expected = dict(rows)
    (camera,) = content["cameras"]
    found = {road["name"]: sum(int(n.replace(".", "")) for _, n, *_ in road["streams"]) for road in camera["roads"]}
    assert found == {"U": expected["utara"], "S": expected["selatan"], "timur": expected["timur"]}
    assert [round(sum(n for _, n in road["classes"])) for road in camera["roads"]] == list(found.values())
    assert [sum(day["volume"] or 0 for day in road["days"]) for road in camera["roads"]] == list(found.values())


def test_it_states_coverage_and_days_without_observation(content):
    (camera,) = content["cameras"]
    assert ["Cakupan bulan ini", "0,0 %"] not in camera["facts"] and camera["facts"][0][0] == "Cakupan bulan ini"
    days = camera["roads"][0]["days"]
    assert len(days) == 31 and days[0]["volume"] is None and days[25]["volume"] > 0
    table = camera["roads"][0]["sheet"]
    assert len(table["rows"]) == 96
    assert all(len(row) == 1 + len(table["columns"]) for row in [*table["rows"], table["sum"]])


def test_movements_and_directions_have_their_words(content):
    streams = {road["name"]: {name for name, *_ in road["streams"]} for road in content["cameras"][0]["roads"]}
    assert streams["timur"] == {"arah A", "arah B"}
    assert {"ke S", "tujuan tak terlacak"} <= streams["U"]


def test_a_month_ends_now_and_one_that_was_deleted_or_has_not_begun_is_refused(config):
    def survey(month, now, **retention):
        kept = config.model_copy(update={"retention": RetentionConfig(**retention)})
        with open_database(config, max_connections=1) as pool, transaction(pool) as connection:
            return site_month(connection, kept, "laluan", month, now)

    noon = datetime(2026, 10, 26, 5, 0, tzinfo=UTC)
    running = survey("2026-10", noon)
    rows = running.cameras[0].roads[0].month
    assert rows.dates[-1] == running.end - timedelta(days=1) == noon.date() and len(rows.dates) == 25 * 96 + 12 * 4
    with pytest.raises(UserError, match="2026-12 has not begun"):
        survey("2026-12", noon)
    assert survey("2026-10", noon, crossings_days=30, observed_days=30)
    with pytest.raises(UserError, match="crossings before 2026-10-03 are deleted"):
        survey("2026-10", noon + timedelta(days=9), crossings_days=30, observed_days=30)


def test_every_page_is_drawn_and_none_is_empty(content):
    pages = typeset(content, kind="png", ppi=40)
    assert len(pages) >= 5
    for page in pages:
        picture = cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert (picture < 200).mean() > 0.001


def test_the_command_writes_a_pdf_and_refuses_what_it_cannot_do(config, tmp_path: Path, capsys):
    city = str(config.cameras[0].geometry.parent / "city.yaml")
    out = tmp_path / "laporan.pdf"
    main(["report", city, str(out), "--site", "laluan", "--month", "2026-10"])
    assert out.read_bytes().startswith(b"%PDF") and "Simpang Laluan" in capsys.readouterr().out
    for arguments, message in (
        (["--site", "nowhere", "--month", "2026-10"], "no site or camera nowhere"),
        (["--site", "laluan", "--month", "10/2026"], "give a month such as 2026-11"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["report", city, str(out), *arguments])
        error = capsys.readouterr().err
        assert stopped.value.code == 2 and message in error and error.count("\n") == 1
    main(["query", city, str(tmp_path / "a.csv"), "--from", "2026-10-24", "--to", "2026-10-26", "--interval", "day"])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").count("\n") == 1 + 2 * 3
    place = ["--camera", "laluan-1", "--gate", "utara"]
    main(["hours", city, str(tmp_path / "b.csv"), *place, "--from", "2026-10-24", "--to", "2026-10-26"])
    assert (tmp_path / "b.csv").read_text(encoding="utf-8").count("\n") == 1 + 48
    with pytest.raises(SystemExit) as stopped:
        main(["forecast", city, str(tmp_path / "c.csv"), *place, "--day", "2026-10-28"])
    assert stopped.value.code == 2 and "fewer than 28 days" in capsys.readouterr().err


def test_months_end_with_the_year():
    assert [str(day) for day in month_of("2026-12")] == ["2026-12-01", "2027-01-01"]
