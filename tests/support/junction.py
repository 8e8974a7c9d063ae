"""Gates of a junction with two arms."""

from analytics.camera import Gate

JUNCTION = [
    Gate(id="N_in", p1=(0, 100), p2=(50, 100), role="entry", arm="N"),
    Gate(id="N_out", p1=(100, 100), p2=(50, 100), role="exit", arm="N"),
    Gate(id="S_in", p1=(100, 200), p2=(50, 200), role="entry", arm="S"),
    Gate(id="S_out", p1=(0, 200), p2=(50, 200), role="exit", arm="S"),
]
"""Direction A goes into the junction at the entries, and out of it at the exits."""
