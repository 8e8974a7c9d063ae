"""Packing of rectangles onto network inputs of a few fixed sizes: pure functions, no threads, no images.

Origin of the canvas sizes and of the costs: docs/adr/0031-crop-packing.md,
docs/adr/0166-memory-of-networks.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.packing.free_space import FreeSpace

Size = tuple[int, int]
"""(width, height) in pixels."""

Offset = tuple[int, int]
"""(left, top) of a crop on its canvas, in pixels."""

CANVASES: tuple[Size, ...] = ((320, 224), (640, 224), (640, 352))
"""Canvas sizes, (width, height) in pixels [measured: docs/adr/0166-memory-of-networks.md].

They fit a 640 x 360 sub-stream, and the gated regions of 14 clips.
"""

RARE_CANVASES: tuple[Size, ...] = ((544, 416), (960, 544))
"""The same for frames that fit none of `CANVASES`: of cameras with 4:3, and half of 1080 lines [assumption]."""

ALL_CANVASES = CANVASES + RARE_CANVASES
"""All canvas sizes, smallest first [none]."""

CALL_PIXELS = 12_000
"""Cost of one network call, expressed in pixels of canvas [measured: docs/adr/0031-crop-packing.md]."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Crops on one canvas.

    members: indices of the queued crops on it. offsets: of each member, in the same order.
    """

    canvas: Size
    members: tuple[int, ...]
    offsets: tuple[Offset, ...]


def plan_canvas(sizes: Sequence[Size], canvases: Sequence[Size]) -> Layout | None:
    """Layout of the first crop and others on the canvas with the lowest cost for each pixel of a crop.

    Large crops are placed first. Returns None where the first crop fits no canvas.
    """
    order = [0, *sorted(range(1, len(sizes)), key=lambda crop: -sizes[crop][0] * sizes[crop][1])]
    best, least = None, math.inf
    for canvas in canvases:
        layout = _filled(canvas, sizes, order)
        if layout is not None:
            cost = canvas_cost(canvas) / sum(sizes[member][0] * sizes[member][1] for member in layout.members)
            if cost < least:
                best, least = layout, cost
    return best


def arrange_crops(sizes: Sequence[Size]) -> tuple[tuple[Offset, ...], Size]:
    """Offsets of the crops of one frame and the size of their collage: the cheapest canvas, then the fewest pixels."""
    if len(sizes) == 1:
        return ((0, 0),), sizes[0]
    total_height = sum(height for _, height in sizes)
    max_width = max(width for width, _ in sizes)
    widths = {max_width, *(canvas[0] for canvas in ALL_CANVASES if canvas[0] > max_width)}
    order = _tallest_first(sizes)
    tried = [
        offsets for width in sorted(widths) if (offsets := _on_shelves(sizes, (width, total_height), order)) is not None
    ]
    extents = [_extent(offsets, sizes) for offsets in tried]
    best = min(range(len(tried)), key=lambda n: _collage_cost(extents[n]))
    return tried[best], extents[best]


def canvas_cost(canvas: Size) -> int:
    """Cost of one network call on a canvas, in pixels."""
    return canvas[0] * canvas[1] + CALL_PIXELS


def _collage_cost(size: Size) -> tuple[float, int]:
    """Sort key: cost of the smallest canvas that fits (infinite without one), then the pixels."""
    fitting = (canvas for canvas in ALL_CANVASES if canvas[0] >= size[0] and canvas[1] >= size[1])
    canvas = next(fitting, None)
    return (math.inf if canvas is None else canvas_cost(canvas)), size[0] * size[1]


def _extent(offsets: Sequence[Offset], sizes: Sequence[Size]) -> Size:
    placed = list(zip(offsets, sizes, strict=True))
    return max(left + width for (left, _), (width, _) in placed), max(top + height for (_, top), (_, height) in placed)


def _filled(canvas: Size, sizes: Sequence[Size], order: Sequence[int]) -> Layout | None:
    """Layout of the crops that find space in this order; None where the first finds none."""
    space, members, offsets = FreeSpace(canvas), [], []
    for crop in order:
        offset = space.place(sizes[crop])
        if offset is not None:
            members.append(crop)
            offsets.append(offset)
        elif crop == order[0]:
            return None
    return Layout(canvas, tuple(members), tuple(offsets))


def _tallest_first(sizes: Sequence[Size]) -> list[int]:
    return sorted(range(len(sizes)), key=lambda crop: -sizes[crop][1])


def _on_shelves(sizes: Sequence[Size], canvas: Size, order: Sequence[int]) -> tuple[Offset, ...] | None:
    """Offsets of the crops, each on the uppermost shelf with space; None where they do not fit.

    order: of the crops, `_tallest_first`.
    """
    offsets = [(0, 0)] * len(sizes)
    tops: list[int] = []
    used: list[int] = []
    bottom = 0
    for crop in order:
        width, height = sizes[crop]
        shelf = 0
        while shelf < len(used) and used[shelf] + width > canvas[0]:
            shelf += 1
        if shelf == len(used):
            if width > canvas[0] or bottom + height > canvas[1]:
                return None
            tops.append(bottom)
            used.append(0)
            bottom += height
        offsets[crop] = used[shelf], tops[shelf]
        used[shelf] += width
    return tuple(offsets)
