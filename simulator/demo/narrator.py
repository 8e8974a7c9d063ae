"""Announcements of what happens in the simulated city, from the ground truth files of its cameras."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel

from analytics.facts import IncidentType
from simulator.world.scenario import DAY_S, START_HOUR, FaultKind, Light

BilingualText = tuple[str, str]
"""The same text in Indonesian and in English."""

# Texts for the beginning of an incident, a fault or a light, by the value of its type.
START_TEXTS: dict[str, BilingualText] = {
    IncidentType.STOPPED_VEHICLE: ("kendaraan mogok di lajur jalan", "a vehicle breaks down in a live lane"),
    IncidentType.WRONG_WAY: ("sepeda motor melawan arus", "a motorcycle rides against the traffic"),
    IncidentType.COLLISION: ("dua kendaraan bertabrakan", "two vehicles collide"),
    IncidentType.PERSON_ON_ROAD: ("seseorang berjalan di badan jalan", "a person walks on the road"),
    IncidentType.CONGESTION: (
        "antrean dari hilir meluap sampai ke sini",
        "a queue from downstream spills back to here",
    ),
    FaultKind.CABLE_CUT: ("kabel kamera putus", "the camera's cable is cut"),
    FaultKind.POWER_CUT: ("listrik di lokasi padam", "the site loses its power"),
    FaultKind.FROZEN: ("gambar kamera membeku", "the camera's picture freezes"),
    FaultKind.TURNED: ("kamera tergeser dari arahnya", "the camera is knocked aside"),
    Light.DAY: ("hari terang", "daylight"),
    Light.DUSK: ("hari mulai remang", "dusk"),
    Light.NIGHT: ("malam tiba, lampu menyala", "night falls, lamps are lit"),
    Light.RAIN: ("hujan turun", "it rains"),
}
# Texts for the end of an incident or a fault, by the value of its type; other types end without one.
END_TEXTS: dict[str, BilingualText] = {
    IncidentType.STOPPED_VEHICLE: ("kendaraan mogok berjalan lagi", "the broken-down vehicle drives on"),
    IncidentType.COLLISION: ("tabrakan sudah dibersihkan", "the collision is cleared"),
    IncidentType.CONGESTION: ("antrean terurai", "the queue dissolves"),
    FaultKind.CABLE_CUT: ("kabel kamera tersambung lagi", "the camera's cable is repaired"),
    FaultKind.POWER_CUT: ("listrik di lokasi menyala lagi", "the site has power again"),
    FaultKind.FROZEN: ("gambar kamera bergerak lagi", "the camera's picture moves again"),
    FaultKind.TURNED: ("kamera kembali ke arahnya", "the camera points in its direction again"),
}
# Texts of every simulated day, by hour.
DAILY_TEXTS: tuple[tuple[float, BilingualText], ...] = (
    (7.0, ("jam sibuk pagi", "the morning rush hour")),
    (9.0, ("jam sibuk pagi lewat", "the morning rush hour is over")),
    (16.0, ("jam sibuk sore", "the evening rush hour")),
    (19.0, ("jam sibuk sore lewat", "the evening rush hour is over")),
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announcement. camera_id: None for one about the whole city."""

    at: datetime
    camera_id: str | None
    text: BilingualText

    def as_json(self) -> str:
        """One line of the narration file that the portal reads."""
        document = {
            "at": self.at.isoformat(),
            "camera_id": self.camera_id,
            "text": dict(zip(("id", "en"), self.text, strict=True)),
        }
        return json.dumps(document, ensure_ascii=False)


class _Span(BaseModel):
    """Span of an incident or a fault. end_s: None while an incident lasts.

    The end of a fault is planned and may lie in the future.
    """

    start_s: float
    end_s: float | None


class _Incident(_Span):
    type: IncidentType


class _Fault(_Span):
    kind: FaultKind


class _TruthFile(BaseModel):
    """Part of a ground truth file that is announced. duration_s: time of the file, seconds."""

    duration_s: float
    light: Light
    incidents: tuple[_Incident, ...]
    faults: tuple[_Fault, ...]

    def events(self) -> Iterator[tuple[float, BilingualText]]:
        """Time and text of all beginnings and ends until `duration_s`."""
        spans = [(i.type.value, i) for i in self.incidents] + [(f.kind.value, f) for f in self.faults]
        for name, span in spans:
            yield span.start_s, START_TEXTS[name]
            if span.end_s is not None and span.end_s <= self.duration_s and name in END_TEXTS:
                yield span.end_s, END_TEXTS[name]


LIGHT_SETTLES_S = 15.0
"""Seconds in which a file with the previous light is ignored: cameras write at different times [assumption]."""

Event = tuple[float, str, BilingualText]
"""Time in seconds, camera ("" for the whole city) and text."""


class Narrator:
    """Emits each announcement once.

    truth: ground truth file of each camera. start_at: Unix time of second 0 of the simulation.
    """

    def __init__(self, truth: Mapping[str, Path], start_at: float) -> None:
        self._truth = truth
        self._start_at = datetime.fromtimestamp(start_at, UTC)
        self._announced: set[Event] = set()
        self._light: Light | None = None
        self._light_s = 0.0
        self._written: dict[str, int] = {}

    def new_announcements(self, now: datetime) -> list[Announcement]:
        """Announcements that were not returned before, the oldest first."""
        events = set(self._daily_events((now - self._start_at).total_seconds()))
        for camera_id, path in self._truth.items():
            if (truth := self._changed_file(camera_id, path)) is not None:
                events |= {(t, camera_id, text) for t, text in truth.events()}
                events |= self._light_events(truth)
        new = sorted(events - self._announced)
        self._announced.update(new)
        return [Announcement(self._start_at + timedelta(seconds=t), camera or None, text) for t, camera, text in new]

    def _changed_file(self, camera_id: str, path: Path) -> _TruthFile | None:
        """Content of a ground truth file; None where it does not exist or has not changed."""
        try:
            written = path.stat().st_mtime_ns
            if self._written.get(camera_id) == written or written < self._start_at.timestamp() * 1e9:
                return None
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        self._written[camera_id] = written
        return _TruthFile.model_validate_json(text)

    def _light_events(self, truth: _TruthFile) -> set[Event]:
        """Light changes are announced once for the city, by the first camera that reports them."""
        if self._light is not None and truth.light is not self._light and truth.duration_s > self._light_s:
            self._light_s = truth.duration_s + LIGHT_SETTLES_S
            self._light = truth.light
            return {(truth.duration_s, "", START_TEXTS[truth.light])}
        self._light = self._light or truth.light
        return set()

    def _daily_events(self, elapsed_s: float) -> Iterator[Event]:
        for day in range(int(max(0.0, elapsed_s) // DAY_S) + 1):
            for hour, text in DAILY_TEXTS:
                t = ((hour - START_HOUR) / 24 + day) * DAY_S
                if t <= elapsed_s:
                    yield t, "", text
