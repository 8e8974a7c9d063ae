"""Rows that a part of the GPU benchmark measures, and the file through which its process passes them on."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]
"""Figures of one setting by column; `note` states why figures are missing, `failed` that a bound was missed."""


class NotPossibleHere(Exception):
    """A part that this machine cannot run, such as TensorRT where it is not installed. The text is the reason."""


@dataclass(slots=True)
class PartResult:
    """Outcome of a part. absent: why this machine cannot run it. failed: why it broke off. Empty where it did not."""

    rows: list[Row] = field(default_factory=list)
    absent: str = ""
    failed: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing failed that this machine can run."""
        return not self.failed and not any(row.get("failed") for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, for JSON."""
        return asdict(self)


class RowFile:
    """File with one JSON value a line: each row at once, so that a crash loses no earlier one, then the end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, row: Row) -> None:
        """Append a row."""
        self._append({"row": row})

    def end(self, *, absent: str = "", failed: str = "") -> None:
        """Append the outcome, after all rows."""
        self._append({"absent": absent, "failed": failed})

    def _append(self, value: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(value) + "\n")

    def read(self) -> PartResult | None:
        """Return what was written so far; None without an end, where `rows` counts what the process had measured."""
        result, ended = self.rows_so_far(), False
        for line in self._lines():
            if "row" not in line:
                result.absent, result.failed, ended = line["absent"], line["failed"], True
        return result if ended else None

    def rows_so_far(self) -> PartResult:
        """Return the rows, without an outcome."""
        return PartResult([line["row"] for line in self._lines() if "row" in line])

    def _lines(self) -> list[dict[str, Any]]:
        if not self._path.is_file():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
