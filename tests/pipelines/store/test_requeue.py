"""Dead letters are listed, and stored again once what refused them is mended."""

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from pipelines.bus.dead_letter import DEAD_LETTERS, DeadLetterFile
from pipelines.bus.memory import MemoryBus
from pipelines.commands.store import store
from pipelines.store.dead_letter_table import DeadLetterTable
from pipelines.store.pool import open_database
from pipelines.store.requeue import TAKEN
from pipelines.store.writer import EventWriter
from tests.support.events import NOON, counts
from tests.support.store_config import config_for

REFUSES = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON observed FOR EACH ROW WHEN (NEW.camera_id = 'bad') EXECUTE FUNCTION refuse();
"""
"""Lets a database refuse the events of one camera. [test data]"""


@pytest.fixture
def city(tmp_path: Path, postgres_dsn: str) -> Path:
    """The configuration file of a city with this database."""
    path = tmp_path / "city.yaml"
    camera = {"id": "good", "name": "good", "url": "rtsp://127.0.0.1/x"}
    path.write_text(json.dumps({"cameras": [camera], "data_dir": "data", "store": {"dsn": postgres_dsn}}))
    return path


def run(city: Path, *options: str) -> list[str]:
    result = CliRunner().invoke(store, ["dead-letters", str(city), *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


@pytest.mark.parametrize("code", ["23514", "23503", "XX000", "P0001", "22P02"])
def test_an_event_that_is_refused_is_stored_once_the_reason_is_mended(city: Path, postgres_dsn: str, code: str) -> None:
    events = [counts(camera_id=name) for name in ("good", "bad", "good-2")]
    file = city.parent / "data" / DEAD_LETTERS
    with open_database(config_for(postgres_dsn)) as pool, psycopg.connect(postgres_dsn, autocommit=True) as owner:
        owner.execute(REFUSES.format(code=code))
        bus = MemoryBus(DeadLetterTable(pool, DeadLetterFile(file)))
        bus.subscribe(EventWriter(pool).write)
        bus.publish(events)
        cameras = "SELECT camera_id FROM observed ORDER BY camera_id"
        assert owner.execute(cameras).fetchall() == [("good",), ("good-2",)]
        assert run(city)[-1] == "1 dead letters"
        assert run(city, "--requeue")[-1] == "0 stored, 1 dead letters left"
        owner.execute("DROP TRIGGER refuse ON observed; DROP FUNCTION refuse")
        assert run(city, "--requeue")[-1] == "1 stored, 0 dead letters left"
        assert run(city) == ["0 dead letters"]
        assert owner.execute(cameras).fetchall() == [("bad",), ("good",), ("good-2",)]


def test_letters_of_the_file_are_stored_once_and_what_is_no_event_stays(city: Path, postgres_dsn: str) -> None:
    folder = city.parent / "data"
    stored, late = counts(camera_id="good"), counts(camera_id="good", start=NOON.replace(hour=7))
    with open_database(config_for(postgres_dsn)) as pool:
        EventWriter(pool).write([stored])
    letters = DeadLetterFile(folder / DEAD_LETTERS)
    letters.add(stored.to_json(), source="outbox", error=ValueError("too large"))
    letters.add(b"\xff no event", source="kafka", error=ValueError("no JSON"))
    (folder / DEAD_LETTERS).rename(folder / TAKEN)  # the command was killed
    letters.add(late.to_json(), source="outbox", error=ValueError("too large"))
    assert run(city)[-1] == "3 dead letters"
    assert run(city, "--requeue")[-1] == "1 stored, 1 dead letters left"
    assert run(city, "--requeue")[-1] == "1 stored, 1 dead letters left"
    (line,) = (folder / DEAD_LETTERS).read_text().splitlines()
    assert json.loads(line)["body"] == "\\xff no event"
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM observed").fetchone() == (2,)


def test_a_database_that_is_down_is_one_error_line_and_loses_no_letter(city: Path) -> None:
    DeadLetterFile(city.parent / "data" / DEAD_LETTERS).add(b"{}", source="x", error=ValueError())
    settings = json.loads(city.read_text())
    city.write_text(json.dumps({**settings, "store": {"dsn": "postgresql://u@127.0.0.1:1/x"}}))
    result = CliRunner().invoke(store, ["dead-letters", str(city), "--requeue"])
    assert result.exit_code != 0
    assert "run the command again" in str(result.exception)
    assert any((city.parent / "data" / name).exists() for name in (DEAD_LETTERS, TAKEN))
