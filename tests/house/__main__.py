"""Print the rules of the house as a table, then each offender: `python -m tests.house [--strict] [PATH ...]`.

With PATH (a file or folder, relative to the repository), only offenders there. With --strict, exit status 1 for a
number over its limit, or an offender in `FINISHED`.
"""

import argparse
import sys

from tests.house.rules import Measure, measures

UNFINISHED = (
    "analytics/scoring/",
    "pipelines/cli.py",
    "pipelines/commands/",
    "pipelines/config/reference.py",
    "pipelines/recordings/",
    "pipelines/worker/",
    "tests/analytics/scoring/",
)
"""Files and folders with offenders, which --strict accepts; all others have none. This list only shrinks."""


def breaks(row: Measure) -> bool:
    """Return whether a row has to fail the check."""
    counts_offenders = row.value is None and row.wanted == 0
    if counts_offenders:
        return not all(offender.startswith(UNFINISHED) for offender in row.offenders)
    return not row.holds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.house", description="Rules that no linter knows.")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a rule is broken")
    parser.add_argument("paths", nargs="*", help="print only offenders below these")
    arguments = parser.parse_args()
    rows = measures()
    width = max(len(row.name) for row in rows)
    lines = [f"{'measure':{width}}   now  wanted"]
    lines += [f"{row.name:{width}} {row.now:5}  {'<= ' + str(row.wanted) if row.wanted else '0'}" for row in rows]
    for row in rows:
        offenders = [offender for offender in row.offenders if offender.startswith(tuple(arguments.paths) or "")]
        if not row.holds:
            lines += ["", f"{row.name}: {len(offenders)}", *offenders]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if arguments.strict and any(map(breaks, rows)) else 0


sys.exit(main())
