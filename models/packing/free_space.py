"""Free space of a canvas: the largest empty rectangles, which may overlap. Pure functions of numbers."""

from typing import NamedTuple


class _Empty(NamedTuple):
    """Empty rectangle of a canvas, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, other: "_Empty") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def without(self, taken: "_Empty") -> list["_Empty"]:
        """Largest rectangles of this one beside a taken one; itself where they do not overlap."""
        left, top, right, bottom = self
        if taken.left >= right or taken.right <= left or taken.top >= bottom or taken.bottom <= top:
            return [self]
        beside = (
            _Empty(left, top, taken.left, bottom),
            _Empty(taken.right, top, right, bottom),
            _Empty(left, top, right, taken.top),
            _Empty(left, taken.bottom, right, bottom),
        )
        return [part for part in beside if part.left < part.right and part.top < part.bottom]


class FreeSpace:
    """Free space of a canvas while crops are placed on it. size: (width, height) in pixels."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._empty = [_Empty(0, 0, *size)]

    def place(self, size: tuple[int, int]) -> tuple[int, int] | None:
        """Left and top of a crop, now taken: where it leaves the narrowest rest. None without space for it."""
        width, height = size
        best, least = None, (0, 0)
        for empty in self._empty:
            beside, below = empty.right - empty.left - width, empty.bottom - empty.top - height
            if beside >= 0 and below >= 0:
                rest = (min(beside, below), max(beside, below))
                if best is None or rest < least:
                    best, least = empty, rest
        if best is None:
            return None
        self._take(_Empty(best.left, best.top, best.left + width, best.top + height))
        return best.left, best.top

    def _take(self, taken: _Empty) -> None:
        parts = list(dict.fromkeys(part for empty in self._empty for part in empty.without(taken)))
        self._empty = [part for part in parts if not any(o is not part and o.holds(part) for o in parts)]
