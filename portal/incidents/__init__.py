"""Incidents and their API."""
