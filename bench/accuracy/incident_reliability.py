"""Reliability of the confidence of incidents: share of true incidents by type and confidence.

    python -m bench.accuracy.incident_reliability FOLDER

Replays all scenarios with ground truth in FOLDER, and prints one row per type and confidence bin. A calibrated
confidence equals the share of true incidents of its bin.
"""

from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from analytics.facts import Incident, IncidentType
from pipelines.recordings.evaluate.case_runner import find_cases, run_scenario, score_case

BIN_WIDTH = 0.1
"""Width of a bin of confidence [assumption]."""

MIN_PER_BIN = 30
"""Incidents in a bin below which its share is too uncertain for a calibration (95 % interval over 0.1) [assumption]."""


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """Incidents of one type in one bin: mean confidence, number of true ones, and number of all."""

    type: IncidentType
    mean_confidence: float
    true: int
    raised: int


def reliability(incidents: Iterable[tuple[Incident, bool]]) -> list[ReliabilityRow]:
    """Return the rows in order of type and confidence. incidents: each with whether it was true."""
    bins: defaultdict[tuple[IncidentType, int], list[tuple[float, bool]]] = defaultdict(list)
    for incident, is_true in incidents:
        bins[incident.type, int(incident.confidence / BIN_WIDTH)].append((incident.confidence, is_true))
    return [
        ReliabilityRow(
            type=incident_type,
            mean_confidence=sum(confidence for confidence, _ in members) / len(members),
            true=sum(is_true for _, is_true in members),
            raised=len(members),
        )
        for (incident_type, _), members in sorted(bins.items())
    ]


def replayed_incidents(folder: Path) -> list[tuple[Incident, bool]]:
    """Return the incidents of all scenarios in a folder, each with whether it was true; ignored ones are left out."""
    judged: list[tuple[Incident, bool]] = []
    for case in find_cases(folder):
        if case.is_clip:
            continue
        score = score_case(case, run_scenario(case)).card.incidents
        judged += [(alert, True) for alert, _ in score.hits]
        judged += [(alert, False) for alert in score.false_alarms]
    return judged


def print_table(rows: Sequence[ReliabilityRow]) -> None:
    table = Table("type", "mean confidence", "true", "raised", "share", "enough to calibrate")
    for row in rows:
        share, enough = f"{row.true / row.raised:.2f}", "yes" if row.raised >= MIN_PER_BIN else "no"
        table.add_row(row.type.value, f"{row.mean_confidence:.2f}", str(row.true), str(row.raised), share, enough)
    Console().print(table)


def main() -> None:
    parser = ArgumentParser(description="Print the reliability table of incident confidences.")
    parser.add_argument("folder", type=Path, help="scenarios with ground truth")
    print_table(reliability(replayed_incidents(parser.parse_args().folder)))


if __name__ == "__main__":
    main()
