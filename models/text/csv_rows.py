"""Rows of CSV files as programs and spreadsheets save them: separated by commas, semicolons or tabs."""

import csv
import io
import re
from dataclasses import dataclass

SEPARATORS = ",;\t"
"""Separators of cells. Spreadsheets write `;` where numbers have a decimal comma, as in Indonesia. [source: Excel]"""

_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?\n', re.IGNORECASE)
"""First line that names the separator for Excel, and is no data. [source: Excel]"""

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
"""A number with a decimal comma. A thousand with a comma has the same form; spreadsheets do not write it."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row of a table. line: number of its last line in the file. cells: text by column."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table with a heading."""

    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]


def read_csv(text: str) -> CsvTable:
    """Return the rows of a CSV file with a heading; rows without content are skipped.

    Raises ValueError, with the line, for a row with more cells than the heading, and for a column that occurs twice.

    >>> read_csv("u;v\\n1,5;2\\n;\\n").rows
    (CsvRow(line=2, cells={'u': '1,5', 'v': '2'}),)
    """
    named = _SEPARATOR_LINE.match(text)
    body = text[named.end() :] if named else text
    separator = named[1] if named else _separator(body)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        filled = [
            (reader.line_num + bool(named), [cell.strip() for cell in cells])
            for cells in reader
            if any(map(str.strip, cells))
        ]
    except csv.Error as error:
        raise ValueError(f"not CSV ({error}, line {reader.line_num + bool(named)})") from error
    if not filled:
        return CsvTable((), ())
    columns = tuple(_without_empty_end(filled[0][1]))
    repeated = {column for column in columns if columns.count(column) > 1}
    if repeated:
        raise ValueError(f"column {min(repeated)} occurs twice")
    return CsvTable(columns, tuple(_row(line, cells, columns) for line, cells in filled[1:]))


def _separator(text: str) -> str:
    """Return the separator that occurs most often in the heading, a comma in a heading of one column."""
    heading = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(SEPARATORS, key=heading.count)


def _row(line: int, cells: list[str], columns: tuple[str, ...]) -> CsvRow:
    if len(_without_empty_end(cells)) > len(columns):
        raise ValueError(
            f"line {line} has more cells than the heading; separate the cells by semicolons if decimals have a comma"
        )
    return CsvRow(line, {column: cells[i] if i < len(cells) else "" for i, column in enumerate(columns)})


def _without_empty_end(cells: list[str]) -> list[str]:
    filled = [i for i, cell in enumerate(cells) if cell]
    return cells[: filled[-1] + 1] if filled else []


def with_decimal_points(texts: list[str]) -> list[str]:
    """Return texts of numbers with a point in place of a decimal comma. Raises ValueError where both occur.

    >>> with_decimal_points(["1,5", "-2"])
    ['1.5', '-2']
    """
    with_comma = [text for text in texts if _DECIMAL_COMMA.fullmatch(text)]
    with_point = [text for text in texts if "." in text]
    if with_comma and with_point:
        raise ValueError(f"some decimals have a comma ({with_comma[0]}), others a point ({with_point[0]}); use one")
    return [text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text for text in texts]
