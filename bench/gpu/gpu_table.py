"""Markdown tables of the measured parts."""

from collections.abc import Mapping

from bench.gpu.part_result import PartResult, Row

TITLES = {
    "detections_equal": "Detections of the GPU beside the CPU's",
    "throughput": "Detector, torch",
    "tensorrt_engines": "Detector, TensorRT",
    "decoding": "Decoding",
    "streams": "Live cameras, at least 5 analysed frames/s each while traffic moves",
    "memory_per_camera": "Memory of one further camera",
}
"""Title by part, in the order of the report."""

HIDDEN = ("failed",)
"""Columns that are stated in the note."""


def report(machine: Mapping[str, object], parts: Mapping[str, PartResult]) -> str:
    """Return the whole report as Markdown."""
    facts = [f"{name}: {value}" for name, value in machine.items()]
    sections = [section(TITLES[name], parts[name]) for name in TITLES if name in parts]
    return "\n\n".join(["; ".join(facts) + ".", *sections])


def section(title: str, part: PartResult) -> str:
    """Return one part: its title, its table, and in one line why it is missing or broke off."""
    lines = [f"### {title}", ""]
    if part.rows:
        lines += [*table(part.rows), ""]
    if part.absent:
        lines.append(f"Not measured: {part.absent}.")
    if part.failed:
        lines.append(f"Failed: {part.failed}.")
    return "\n".join(lines).rstrip()


def table(rows: list[Row]) -> list[str]:
    """Return the lines of a table whose columns are those of all rows, the note last."""
    columns = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in (*HIDDEN, "note")]
    noted = [with_failure(row) for row in rows]
    columns += ["note"] if any(row.get("note") for row in noted) else []
    cells = [[cell(row.get(name)) for name in columns] for row in noted]
    widths = [max(len(name), *(len(line[at]) for line in cells)) for at, name in enumerate(columns)]
    rule = ["-" * width for width in widths]
    return [
        f"| {' | '.join(text.ljust(width) for text, width in zip(line, widths, strict=True))} |"
        for line in (columns, rule, *cells)
    ]


def with_failure(row: Row) -> Row:
    """Return the row with a note that a bound was missed, where it was."""
    if not row.get("failed"):
        return row
    return row | {"note": "; ".join(part for part in ("MISSED", row.get("note", "")) if part)}


def cell(value: object) -> str:
    """Return a value as text that breaks no table; a missing one is a dash."""
    if value is None or value == "":
        return "-"
    text = f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)
    return " ".join(text.replace("|", "/").split())
