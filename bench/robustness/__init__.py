"""Benchmarks under bad light and camera faults."""
