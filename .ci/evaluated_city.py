"""Whether the chain from rendered pictures to the database holds: `evaluated_city.py FIGURES.json`.

The bounds are those of a broken chain, not of a good one: two busy cores look late at times.
"""

import json
import sys
from pathlib import Path

said = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
bounds = {
    "enough crossed to tell": said["crossings_true"] >= 30,
    "f1 >= 0.85": said["f1"] >= 0.85,
    "f1_with_class >= 0.75": said["f1_with_class"] >= 0.75,
    "level_agreement >= 0.75": said["level_agreement"] >= 0.75,
    "an incident was asked for": said["incidents_true"] >= 1,
    "no more than one incident missed": said["incidents_missed"] <= 1,
    "no more than one false alarm": said["false_alarms"] <= 1,
    "a camera failed": said["outage_minutes"] >= 1,
    "every outage is a gap": said["unmarked_gap_minutes"] == 0,
    "and nothing else is": said["false_gap_minutes"] == 0,
}
summary = {name: value for name, value in said.items() if name != "by_camera"}
broken = [bound for bound, holds in bounds.items() if not holds]
if broken:
    sys.exit(f"simpang evaluate-city: does not hold: {'; '.join(broken)}\n{json.dumps(said, indent=1)}")
sys.stdout.write(f"simpang evaluate-city: {json.dumps(summary)}\n")
