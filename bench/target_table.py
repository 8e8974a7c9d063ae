"""Table of the figures of a benchmark beside what is wanted."""

from collections.abc import Mapping

Figures = Mapping[str, float | None]
"""Figure -> value; None for one that cannot be had here."""


def target_lines(figures: Figures, targets: Mapping[str, str], reasons: Mapping[str, str]) -> list[str]:
    """Return the lines of the table. targets: such as "<= 250". reasons: why a figure is null.

    >>> print(*target_lines({"p99_ms": 125.0, "errors": None}, {"p99_ms": "<= 250"}, {"errors": "no run"}), sep="\\n")
    figure                               now      wanted  ratio
    p99_ms                             125.0      <= 250  0.50
    errors                      null: no run
    """
    lines = [f"{'figure':28}{'now':>12}  {'wanted':>10}  ratio"]
    for name, value in figures.items():
        target = targets.get(name, "")
        limit = float(target.partition(" ")[2] or 0)
        ratio = f"{value / limit:.2f}" if value is not None and limit else ""
        shown = f"null: {reasons.get(name, 'see above')}" if value is None else f"{value:>12}"
        lines.append(f"{name:28}{shown}  {target:>10}  {ratio}".rstrip())
    return lines
