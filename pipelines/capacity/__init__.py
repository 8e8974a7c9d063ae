"""Capacity benchmark: clips over RTSP, analysed by the worker, measured and assessed."""
