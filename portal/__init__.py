"""Serving people: API, public map, planners' history, police alerts."""
