"""Fault suite: a city of cheap cameras under a seeded history of faults, compared with what truly crossed."""
