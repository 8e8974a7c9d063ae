"""Frames as files: CSV, XLSX and Parquet with the same rows, columns and totals (extra `planner`)."""

from pathlib import Path

import polars as pl
import xlsxwriter

from pipelines.atomic_file import replacing
from pipelines.errors import UserError
from pipelines.query.city import COLUMNS

FORMATS = (".csv", ".parquet", ".xlsx")
"""Suffixes of the files that can be written."""
MAX_SHEET_ROWS = 1_048_575
"""Rows of a sheet of XLSX, without the header. [source: ECMA-376, Excel]"""


def check_format(path: Path) -> None:
    """Raise UserError for a file whose suffix names no format."""
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{path}: give a file that ends in {', '.join(FORMATS)}")


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame of `City` in the format of the suffix.

    CSV: times in ISO 8601 with offset, empty cells for null. XLSX: local times, and a second sheet with the definition
    of each column. Parquet: times with the zone of the city. Raises UserError.
    """
    check_format(path)
    suffix = path.suffix.lower()
    if suffix == ".xlsx" and len(frame) > MAX_SHEET_ROWS:
        raise UserError(f"{path}: {len(frame)} rows are more than a sheet holds; give a file that ends in .parquet")
    with replacing(path, suffix=suffix) as draft:
        if suffix == ".csv":
            draft.write_text(frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%:z"), encoding="utf-8")
        elif suffix == ".parquet":
            frame.write_parquet(draft)
        else:
            _write_workbook(frame, draft)


def _write_workbook(frame: pl.DataFrame, path: Path) -> None:
    local = frame.with_columns(pl.col("start_at", "end_at").dt.replace_time_zone(None))
    definitions = pl.DataFrame({"kolom": frame.columns, "definisi": [COLUMNS[name] for name in frame.columns]})
    with xlsxwriter.Workbook(str(path)) as book:
        local.write_excel(book, "data", dtype_formats={pl.Datetime: "yyyy-mm-dd hh:mm:ss"}, autofit=False)
        definitions.write_excel(book, "kolom", autofit=False)
