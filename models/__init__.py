"""Pixels to detections and tracks."""
