"""Frames as files: CSV, XLSX and Parquet with the same rows, columns and totals (extra `planner`)."""

from pathlib import Path

import polars as pl
import xlsxwriter

from pipelines.atomic_file import replacing
from pipelines.errors import UserError
from pipelines.query.city import COLUMNS, MAX_ROWS

FORMATS = (".csv", ".parquet", ".xlsx")
"""Suffixes of the files that can be written."""
MAX_SHEET_ROWS = 1_048_575
"""Rows of a sheet of XLSX, without the header. [source: ECMA-376, Excel]"""

TEXTS_ONLY = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
"""Options of a workbook whose texts stay texts [source: XlsxWriter]."""


def check_format(path: Path) -> None:
    """Raise UserError for a file whose suffix names no format."""
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{path}: give a file that ends in {', '.join(FORMATS)}")


def most_rows(path: Path) -> int:
    """Return the most rows of a file in the format of the suffix."""
    return min(MAX_ROWS, MAX_SHEET_ROWS) if path.suffix.lower() == ".xlsx" else MAX_ROWS


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame of `City` in the format of the suffix.

    CSV: times in ISO 8601 with offset, empty cells for null; a formula for a spreadsheet becomes a text with '.
    XLSX: local times, and a second sheet with the definition of each column.
    Parquet: times with the zone of the city. Raises UserError.
    """
    check_format(path)
    suffix = path.suffix.lower()
    if suffix == ".xlsx" and len(frame) > MAX_SHEET_ROWS:
        raise UserError(f"{path}: {len(frame)} rows are more than a sheet holds; give a file that ends in .parquet")
    with replacing(path, suffix=suffix) as draft:
        if suffix == ".csv":
            text = _without_formulas(frame).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%:z")
            draft.write_text(text, encoding="utf-8")
        elif suffix == ".parquet":
            frame.write_parquet(draft)
        else:
            _write_workbook(frame, draft)


def _without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with texts that no spreadsheet takes for formulas [OWASP, CSV injection]."""
    return frame.with_columns(pl.col(pl.String).str.replace(r"^([=+\-@\t\r])", "'${1}"))


def _write_workbook(frame: pl.DataFrame, path: Path) -> None:
    local = frame.with_columns(pl.col("start_at", "end_at").dt.replace_time_zone(None))
    definitions = pl.DataFrame({"kolom": frame.columns, "definisi": [COLUMNS[name] for name in frame.columns]})
    with xlsxwriter.Workbook(str(path), TEXTS_ONLY) as book:
        local.write_excel(book, "data", dtype_formats={pl.Datetime: "yyyy-mm-dd hh:mm:ss"}, autofit=False)
        definitions.write_excel(book, "kolom", autofit=False)
