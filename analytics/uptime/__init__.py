"""Uptime of cameras: minutes that were not fully observed, and why."""
