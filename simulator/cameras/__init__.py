"""Simulated cameras as RTSP streams and video files."""
