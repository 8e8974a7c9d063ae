"""The reference of the database."""

from pathlib import Path

from analytics.measures import measures_of
from pipelines.store.table_reference import MEANINGS, MEASURED, unit_of, with_tables
from pipelines.store.tables import EVENT_COLUMNS, OTHER_COLUMNS

DOCUMENT = Path(__file__).parents[3] / "docs" / "database.md"


def test_the_document_lists_the_tables_as_they_are() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_tables(text), "run python -m pipelines.store.table_reference docs/database.md"


def test_every_table_has_a_meaning() -> None:
    assert set(MEANINGS) == {*EVENT_COLUMNS, *OTHER_COLUMNS}


def test_every_number_has_a_unit() -> None:
    without = {
        f"{table}.{name}"
        for table, columns in EVENT_COLUMNS.items()
        for name, kind in columns.items()
        if kind == "real" and name not in measures_of(MEASURED.get(table, object)) and not unit_of(name, kind)
    }
    assert without == set()
