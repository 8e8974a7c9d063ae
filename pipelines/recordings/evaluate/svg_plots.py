"""Small plots as inline SVG, styled by the page's CSS classes. All text is escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

WIDTH = 880
_LABEL = 190
_PLOT = WIDTH - _LABEL - 60
_ROW = 16


@dataclass(frozen=True, slots=True)
class Bar:
    """value: None is shown as a dash. style: CSS class. text: what stands behind the bar."""

    value: float | None
    style: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time; `end` equal to `start` is a mark. title: shown on hover."""

    start: float
    end: float
    style: str
    title: str


@dataclass(frozen=True, slots=True)
class Series:
    """values: (time, value); None breaks the line."""

    style: str
    values: Sequence[tuple[float, float | None]]


def bars(rows: Sequence[tuple[str, Sequence[Bar]]], *, full: float) -> str:
    """Horizontal bars, grouped by row. full: the value that fills the width."""
    parts, y = [], 0
    for label, group in rows:
        parts.append(_text(_LABEL - 8, y + _ROW * len(group) / 2 + 4, label, "label"))
        for bar in group:
            length = _PLOT * min(1.0, (bar.value or 0.0) / full) if full > 0 else 0.0
            parts.append(
                f'<rect class="{bar.style}" x="{_LABEL}" y="{y + 2}" width="{length:.1f}" height="{_ROW - 4}"/>'
            )
            parts.append(_text(_LABEL + length + 5, y + 12, bar.text, "value"))
            y += _ROW
        y += 6
    return _svg(y, parts)


def timeline(lanes: Sequence[tuple[str, Sequence[Span]]], *, duration_s: float) -> str:
    """One row a lane, time from left to right, with a tick each minute."""
    parts, height = _minutes(duration_s, _ROW * len(lanes)), _ROW * len(lanes)
    for row, (label, spans) in enumerate(lanes):
        parts.append(_text(_LABEL - 8, row * _ROW + 12, label, "label"))
        for span in spans:
            x, end = (_LABEL + _PLOT * t / duration_s for t in (span.start, span.end))
            parts.append(
                f'<rect class="{span.style}" x="{x:.1f}" y="{row * _ROW + 2}" width="{max(3.0, end - x):.1f}" '
                f'height="{_ROW - 4}"><title>{escape(span.title)}</title></rect>'
            )
    return _svg(height, parts)


def lines(label: str, series: Sequence[Series], *, duration_s: float, full: float, unit: str) -> str:
    """Values over time, from 0 to `full`; a value on its own becomes a dot (round caps)."""
    height = 70
    parts = [*_minutes(duration_s, height), _text(_LABEL - 8, height / 2 + 4, label, "label")]
    parts.append(_text(_LABEL + _PLOT + 5, 12, f"{full:g} {unit}", "value"))
    for one in series:
        known = [[(t, v) for t, v in run] for gap, run in groupby(one.values, lambda tv: tv[1] is None) if not gap]
        for run in known:
            path = " ".join(
                f"{_LABEL + _PLOT * t / duration_s:.1f},{height * (1 - min(1.0, (v or 0.0) / full)):.1f}"
                for t, v in run
            )
            parts.append(f'<polyline class="{one.style}" points="{path}"/>')
    return _svg(height, parts)


def _minutes(duration_s: float, height: float) -> list[str]:
    xs = [_LABEL + _PLOT * t / duration_s for t in range(0, int(duration_s) + 1, 60)]
    return [f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}"/>' for x in xs]


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _svg(height: float, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {max(height, 1):g}" role="img">{"".join(parts)}</svg>'
