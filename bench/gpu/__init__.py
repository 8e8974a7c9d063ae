"""Measurement of detection, decoding and live cameras on an NVIDIA GPU (docs/gpu.md)."""
