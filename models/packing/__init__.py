"""Packing of image crops into few network inputs."""
