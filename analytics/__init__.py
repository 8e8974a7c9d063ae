"""Traffic facts from tracks: pure functions and small state machines.

Nothing here opens a file, starts a thread or asks the time. Time comes with the data, as seconds.
"""
