"""Incidents: each kind is a small detector with its own state; the desk gives them numbers and ends them."""
