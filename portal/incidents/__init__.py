"""Incidents for police, over HTTP."""
