"""Uptime of cameras, sites and owners over the last 12 months."""
