"""Search for the largest number that satisfies a predicate, by doubling and then bisection."""

from collections.abc import Callable


def largest(holds: Callable[[int], bool], *, start: int, step: int, most: int) -> int:
    """Return the largest multiple of `step` up to `most` for which `holds` is true, 0 without any.

    Assumes that `holds` is monotonic: true up to some number. start: a multiple of `step`, tried first.

    >>> largest(lambda n: n <= 37, start=16, step=2, most=512)
    36
    """
    held, failed = 0, most + step
    number = start
    while failed - held > step:
        if holds(number):
            held = number
        else:
            failed = number
        doubled = 2 * held if failed > most else failed
        number = min(doubled, most) if failed > most else held + (failed - held) // (2 * step) * step
    return held
