"""Grouping of incidents and outages into alarms: an operator gets one alarm for what has one cause.

A repetition at one place joins the alarm before it, cameras that fail together are one alarm, and a flood is one.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf

REPEATED_WITHIN_S = 600.0
"""Longest time in seconds between an incident and its repetition at one place. [assumption: two phases of a queue]"""
LASTS_S = 3600.0
"""Seconds for which an incident without an end takes repetitions: a worker that stops reports no end. [assumption]"""
TOGETHER_WITHIN_S = 30.0
"""Longest time in seconds between the starts of outages with one cause. [assumption: as in `analytics.uptime`]"""
FLOOD_PERIOD_S = 600.0
"""Period in seconds over which alarms are counted for a flood. [source: ANSI/ISA-18.2, alarm flood]"""
FLOOD_BEGINS = 10
"""Alarms within the period with which a flood begins. [source: ANSI/ISA-18.2, alarm flood]"""
FLOOD_ENDS = 5
"""Alarms within the period below which it ends. [source: ANSI/ISA-18.2, alarm flood]"""


class Grouping(StrEnum):
    """Why members are one alarm; `single` for one member."""

    SINGLE = "single"
    REPEATED = "repeated"
    TOGETHER = "together"
    LASTING = "lasting"
    FLOOD = "flood"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Occurrence:
    """An incident, or an outage of a camera. kind: type or cause. place: site or camera.

    Times are in seconds from any common origin. end_s: infinite while it lasts.
    """

    start_s: float
    id: str
    kind: str
    place: str
    end_s: float = inf


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. members: at least one, oldest first."""

    grouping: Grouping
    members: tuple[Occurrence, ...]

    @property
    def start_s(self) -> float:
        return self.members[0].start_s


def join_repeated(incidents: Iterable[Occurrence]) -> list[Alarm]:
    """Return one alarm for incidents of one kind and place that follow each other, oldest alarm first.

    >>> stopped = [Occurrence(id=f"{t}", kind="stopped", place="a", start_s=t, end_s=t + 20) for t in (0.0, 300.0, 9e3)]
    >>> [[member.id for member in alarm.members] for alarm in join_repeated(stopped)]
    [['0.0', '300.0'], ['9000.0']]
    """
    chains: list[list[Occurrence]] = []
    latest: dict[tuple[str, str], tuple[float, list[Occurrence]]] = {}
    for incident in sorted(incidents):
        key = (incident.kind, incident.place)
        end_s, chain = latest.get(key, (-inf, []))
        if incident.start_s - end_s > REPEATED_WITHIN_S:
            chain = []
            chains.append(chain)
        chain.append(incident)
        own_end_s = incident.start_s + LASTS_S if incident.end_s == inf else incident.end_s
        latest[key] = max(end_s, own_end_s), chain
    return [_alarm(chain, Grouping.REPEATED) for chain in chains]


def join_outages(outages: Iterable[Occurrence]) -> list[Alarm]:
    """Return one alarm for outages that begin together, at any place: a power cut or a lost link of many cameras."""
    chains: list[list[Occurrence]] = []
    for outage in sorted(outages):
        if not chains or outage.start_s - chains[-1][-1].start_s > TOGETHER_WITHIN_S:
            chains.append([])
        chains[-1].append(outage)
    return [_alarm(chain, Grouping.TOGETHER) for chain in chains]


def join_floods(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Return the alarms, oldest first, with those of a flood as one alarm."""
    joined: list[list[Alarm]] = []
    recent: deque[tuple[float, list[Alarm]]] = deque()
    flood: list[Alarm] | None = None
    for alarm in sorted(alarms, key=lambda alarm: (alarm.start_s, alarm.members)):
        while recent and alarm.start_s - recent[0][0] >= FLOOD_PERIOD_S:
            recent.popleft()
        if flood is not None and len(recent) < FLOOD_ENDS:
            flood = None
        if flood is not None:
            flood.append(alarm)
            recent.append((alarm.start_s, flood))
            continue
        own = [alarm]
        joined.append(own)
        recent.append((alarm.start_s, own))
        if len(recent) >= FLOOD_BEGINS:
            flood = _joined(recent)
    return [alarms[0] if len(alarms) == 1 else _flood(alarms) for alarms in joined if alarms]


def _joined(recent: deque[tuple[float, list[Alarm]]]) -> list[Alarm]:
    """Move all recent alarms into the oldest group among them, and return it."""
    flood = recent[0][1]
    for n, (at, group) in enumerate(recent):
        if group is not flood:
            flood.extend(group)
            group.clear()
            recent[n] = (at, flood)
    return flood


def _flood(alarms: Iterable[Alarm]) -> Alarm:
    return Alarm(Grouping.FLOOD, tuple(sorted(member for alarm in alarms for member in alarm.members)))


def _alarm(members: Sequence[Occurrence], grouping: Grouping) -> Alarm:
    return Alarm(Grouping.SINGLE if len(members) == 1 else grouping, tuple(members))
