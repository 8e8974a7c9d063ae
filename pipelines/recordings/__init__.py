"""Offline analysis of video files and recorded detections."""
