"""The demo: a city of simulated or recorded cameras with past days of history."""
