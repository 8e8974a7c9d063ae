"""Print the rules of the house as a table, then each offender: `python -m tests.house [--strict] [PATH ...]`.

With PATH (a file or folder, relative to the repository), only offenders there. With --strict, exit status 1 where a
rule is broken.
"""

import argparse
import sys

from tests.house.rules import measures


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
    return 1 if arguments.strict and not all(row.holds for row in rows) else 0


sys.exit(main())
