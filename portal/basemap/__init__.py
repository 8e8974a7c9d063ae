"""Map under the cameras: roads of the zones on the ground, streets, land."""
