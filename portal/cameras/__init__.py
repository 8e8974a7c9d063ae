"""Catalogue of the cameras, their state and counts over HTTP, and trial calibration."""
