"""Check of the whole chain, from rendered images to the database: `evaluated_city.py FIGURES.json`.

The bounds detect a broken chain. They are below the usual figures, since two busy cores analyse late at times.
"""

import json
import sys
from pathlib import Path

figures = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
bounds = {
    "enough crossed to tell": figures["crossings_true"] >= 30,
    "f1 >= 0.85": figures["f1"] >= 0.85,
    "f1_with_class >= 0.75": figures["f1_with_class"] >= 0.75,
    "level_agreement >= 0.75": figures["level_agreement"] >= 0.75,
    "an incident was asked for": figures["incidents_true"] >= 1,
    "no more than one incident missed": figures["incidents_missed"] <= 1,
    "no more than one false alarm": figures["false_alarms"] <= 1,
    "a camera failed": figures["outage_minutes"] >= 1,
    "every outage is a gap": figures["unmarked_gap_minutes"] == 0,
    "and nothing else is": figures["false_gap_minutes"] == 0,
}
summary = {name: value for name, value in figures.items() if name != "by_camera"}
broken = [bound for bound, holds in bounds.items() if not holds]
if broken:
    sys.exit(f"simpang evaluate-city: does not hold: {'; '.join(broken)}\n{json.dumps(figures, indent=1)}")
sys.stdout.write(f"simpang evaluate-city: {json.dumps(summary)}\n")
