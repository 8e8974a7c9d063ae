"""Geometry of the image plane and of the ground plane."""
