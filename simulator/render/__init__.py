"""Rendering of simulated traffic into camera images."""
