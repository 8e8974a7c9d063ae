"""Geometry of small plots: what `report.html.j2` draws as inline SVG. Lengths are units of the view box."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

WIDTH = 880
"""Width of each plot, in units of its view box [assumption: the page's column]."""
_LABEL = 190
"""Width of the labels at the left [assumption: room for the longest name of a case]."""
_PLOT = WIDTH - _LABEL - 60
"""Width of the data, with room for values at the right."""
_ROW = 16
"""Height of a row of bars or spans."""
_CURVE_HEIGHT = 70
"""Height of a plot over time."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value to draw. style: CSS class. text: written behind the bar."""

    value: float | None
    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds from start to end; equal ones make a mark. style: CSS class. title: shown on hover."""

    start: float
    end: float
    style: str
    title: str


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time: (seconds, value); None breaks the line. style: CSS class."""

    style: str
    values: Sequence[tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    style: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; y is its baseline."""

    x: float
    y: float
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Polyline:
    """Connected points (x, y)."""

    points: Sequence[tuple[float, float]]
    style: str


@dataclass(slots=True)
class Plot:
    """Shapes of one plot. ticks: x of vertical lines."""

    height: float = 0.0
    ticks: list[float] = field(default_factory=list)
    rects: list[Rect] = field(default_factory=list)
    polylines: list[Polyline] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def bars(rows: Sequence[tuple[str, Sequence[Bar]]], *, full: float) -> Plot:
    """Draw horizontal bars, grouped by row. full: the value that fills the width."""
    plot = Plot()
    for label, group in rows:
        plot.texts.append(Text(_LABEL - 8, plot.height + _ROW * len(group) / 2 + 4, label, "label"))
        for bar in group:
            length = _PLOT * min(1.0, (bar.value or 0.0) / full) if full > 0 else 0.0
            plot.rects.append(Rect(_LABEL, plot.height + 2, length, _ROW - 4, bar.style))
            plot.texts.append(Text(_LABEL + length + 5, plot.height + 12, bar.text, "value"))
            plot.height += _ROW
        plot.height += 6
    return plot


def timeline(rows: Sequence[tuple[str, Sequence[Span]]], *, duration_s: float) -> Plot:
    """Draw spans of time from left to right, with a tick each minute."""
    plot = Plot(height=_ROW * len(rows), ticks=_minutes(duration_s))
    for row, (label, spans) in enumerate(rows):
        plot.texts.append(Text(_LABEL - 8, row * _ROW + 12, label, "label"))
        for span in spans:
            x, end = _x(span.start, duration_s), _x(span.end, duration_s)
            plot.rects.append(Rect(x, row * _ROW + 2, max(3.0, end - x), _ROW - 4, span.style, span.title))
    return plot


def lines(label: str, series: Sequence[Series], *, duration_s: float, full: float, unit: str) -> Plot:
    """Draw values over time, from 0 to `full`; a value between gaps becomes a dot (round caps)."""
    plot = Plot(height=_CURVE_HEIGHT, ticks=_minutes(duration_s))
    plot.texts.append(Text(_LABEL - 8, _CURVE_HEIGHT / 2 + 4, label, "label"))
    plot.texts.append(Text(_LABEL + _PLOT + 5, 12, f"{full:g} {unit}", "value"))
    for one in series:
        for is_gap, run in groupby(one.values, lambda point: point[1] is None):
            if not is_gap:
                points = [(_x(t, duration_s), _CURVE_HEIGHT * (1 - min(1.0, (v or 0.0) / full))) for t, v in run]
                plot.polylines.append(Polyline(points, one.style))
    return plot


def _x(t: float, duration_s: float) -> float:
    return _LABEL + _PLOT * t / duration_s


def _minutes(duration_s: float) -> list[float]:
    return [_x(t, duration_s) for t in range(0, int(duration_s) + 1, 60)]
