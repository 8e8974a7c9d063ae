"""Traffic facts from tracks: pure functions and small state machines.

Nothing here opens a file, starts a thread or reads a clock. Time comes with the data, as seconds. The one exception is
the table of capacity values, which `analytics.capacity.pkji_tables` reads from the package itself.
"""
