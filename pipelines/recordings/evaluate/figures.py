"""Rounded figures of an evaluation: what `simpang evaluate` writes as JSON and shows in its tables and page.

Shares are fractions of 1. A figure is None where the recording lacks its data.
"""

from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from analytics.facts import IncidentType
from analytics.road_users import RoadUser
from analytics.scoring.scores import ClassCount, CrossingScore, IncidentScore, MovementScore
from pipelines.recordings.evaluate.scorecard import Scorecard


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassFigures(_Figures):
    """Crossings of one class. error: count differences by gate and direction, over the true number."""

    true: int
    found: int
    error: float


class WrongMovement(_Figures):
    """A turning movement whose number of vehicles is out of tolerance."""

    origin: str = Field(serialization_alias="from")
    destination: str = Field(serialization_alias="to")
    true: int
    found: int


class ScoreFigures(_Figures):
    """Scores of one recording.

    missed, false_alarms: incident type and time in seconds. delays_s: of each right alert, by incident type.
    *_error: mean relative error over zone-minutes.
    """

    crossings_true: int
    crossings_found: int
    f1: float
    f1_with_class: float
    count_error: float
    speed_mae_kmh: float | None
    speeds_within_sigma: float | None
    count_by_class: dict[RoadUser, ClassFigures]
    incidents_true: int
    incidents_found: int
    missed: list[tuple[IncidentType, float]]
    false_alarms: list[tuple[IncidentType, float]]
    delays_s: dict[IncidentType, list[float]]
    mean_delay_s: dict[IncidentType, float]
    false_alarms_per_hour: float
    zone_minutes: int
    speed_error: float | None
    flow_error: float | None
    density_error: float | None
    occupancy_error: float | None
    queue_error: float | None
    level_agreement: float | None
    movement_cells: int | None
    movements_wrong: list[WrongMovement] | None


class CaseFigures(ScoreFigures):
    """Scores of one case, and what its run cost. ms_per_frame: wall time per analysed frame."""

    name: str
    kind: str
    duration_s: float
    analysed_frames: int
    ms_per_frame: float


class IncidentFigures(_Figures):
    """Incidents of one type over several recordings."""

    true: int
    found: int
    false_alarms: int
    mean_delay_s: float | None
    worst_delay_s: float | None


class SummaryFigures(_Figures):
    """Figures over several recordings: means of shares and errors; incidents are pooled by type.

    F1 and count error are means over the recordings with a true or found crossing.
    """

    cases: int
    f1: float | None
    f1_with_class: float | None
    count_error: float | None
    speed_mae_kmh: float | None
    speeds_within_sigma: float | None
    speed_error: float | None
    level_agreement: float | None
    count_by_class: dict[RoadUser, ClassFigures]
    incidents: dict[IncidentType, IncidentFigures]
    false_alarms_per_hour: float | None

    @property
    def incidents_true(self) -> int:
        """Incidents of all types."""
        return sum(incident.true for incident in self.incidents.values())

    @property
    def incidents_found(self) -> int:
        """Incidents of all types with a right alert."""
        return sum(incident.found for incident in self.incidents.values())


class EvaluationFigures(_Figures):
    """Each case, and the summaries over scenarios and over clips."""

    cases: list[CaseFigures]
    scenarios: SummaryFigures
    clips: SummaryFigures

    def groups(self) -> list[tuple[str, list[CaseFigures], SummaryFigures]]:
        """Kind, cases and summary of scenarios and clips, without an empty kind."""
        found = [
            (kind, [case for case in self.cases if case.kind == kind], summary)
            for kind, summary in (("scenario", self.scenarios), ("clip", self.clips))
        ]
        return [group for group in found if group[1]]


def score_figures(card: Scorecard) -> ScoreFigures:
    """Round the scores of one recording."""
    crossings, incidents, intervals = card.crossings, card.incidents, card.intervals
    delays = {kind: [round(delay, 1) for delay in incidents.delays_s(kind)] for kind in IncidentType}
    errors = {name.partition("_")[0]: _rounded(error, 4) for name, error in intervals.errors.items()}
    return ScoreFigures(
        crossings_true=crossings.true,
        crossings_found=crossings.found,
        f1=round(crossings.f1, 4),
        f1_with_class=round(crossings.f1_with_class, 4),
        count_error=round(crossings.count_error, 4),
        speed_mae_kmh=_rounded(crossings.speed_mae_kmh, 2),
        speeds_within_sigma=_rounded(crossings.speeds_within_sigma, 4),
        count_by_class=_class_figures([crossings]),
        incidents_true=len(incidents.hits) + len(incidents.missed),
        incidents_found=len(incidents.hits),
        missed=[(i.type, i.start_s) for i in incidents.missed],
        false_alarms=[(i.type, i.detected_s) for i in incidents.false_alarms],
        delays_s={kind: values for kind, values in delays.items() if values},
        mean_delay_s={kind: round(sum(values) / len(values), 1) for kind, values in delays.items() if values},
        false_alarms_per_hour=round(card.false_alarms_per_hour, 2),
        zone_minutes=intervals.zone_minutes,
        speed_error=errors["speed"],
        flow_error=errors["flow"],
        density_error=errors["density"],
        occupancy_error=errors["occupancy"],
        queue_error=errors["queue"],
        level_agreement=_rounded(intervals.level_agreement, 4),
        movement_cells=None if card.movements is None else card.movements.cells,
        movements_wrong=_wrong_movements(card.movements),
    )


def summarise(cards: Sequence[Scorecard]) -> SummaryFigures:
    """Summarise the scores of several recordings."""
    crossed = [card for card in cards if card.crossings.true or card.crossings.found]
    hours = sum(card.duration_s for card in cards) / 3600
    false_alarms = sum(len(card.incidents.false_alarms) for card in cards)
    incidents = {kind: _incident_figures(kind, [card.incidents for card in cards]) for kind in IncidentType}
    return SummaryFigures(
        cases=len(cards),
        f1=_mean_of(crossed, lambda card: card.crossings.f1, 4),
        f1_with_class=_mean_of(crossed, lambda card: card.crossings.f1_with_class, 4),
        count_error=_mean_of(crossed, lambda card: card.crossings.count_error, 4),
        speed_mae_kmh=_mean_of(cards, lambda card: card.crossings.speed_mae_kmh, 2),
        speeds_within_sigma=_mean_of(cards, lambda card: card.crossings.speeds_within_sigma, 4),
        speed_error=_mean_of(cards, lambda card: card.intervals.errors["speed_kmh"], 4),
        level_agreement=_mean_of(cards, lambda card: card.intervals.level_agreement, 4),
        count_by_class=_class_figures([card.crossings for card in cards]),
        incidents={kind: row for kind, row in incidents.items() if row.true or row.false_alarms},
        false_alarms_per_hour=round(false_alarms / hours, 2) if cards else None,
    )


def _class_figures(scores: Sequence[CrossingScore]) -> dict[RoadUser, ClassFigures]:
    figures = {}
    for road_user in RoadUser:
        counts = [score.by_class[road_user] for score in scores]
        total = ClassCount(
            true=sum(count.true for count in counts),
            found=sum(count.found for count in counts),
            miscounted=sum(count.miscounted for count in counts),
        )
        if total.true or total.found:
            figures[road_user] = ClassFigures(true=total.true, found=total.found, error=round(total.error, 4))
    return figures


def _incident_figures(kind: IncidentType, scores: Iterable[IncidentScore]) -> IncidentFigures:
    scores = list(scores)
    delays = [delay for score in scores for delay in score.delays_s(kind)]
    missed = sum(incident.type == kind for score in scores for incident in score.missed)
    return IncidentFigures(
        true=len(delays) + missed,
        found=len(delays),
        false_alarms=sum(alarm.type == kind for score in scores for alarm in score.false_alarms),
        mean_delay_s=round(sum(delays) / len(delays), 1) if delays else None,
        worst_delay_s=round(max(delays), 1) if delays else None,
    )


def _wrong_movements(score: MovementScore | None) -> list[WrongMovement] | None:
    if score is None:
        return None
    return [WrongMovement(origin=o, destination=d, true=true, found=found) for o, d, true, found in score.wrong]


def _mean_of(cards: Sequence[Scorecard], figure: Callable[[Scorecard], float | None], digits: int) -> float | None:
    known = [value for card in cards if (value := figure(card)) is not None]
    return round(sum(known) / len(known), digits) if known else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
