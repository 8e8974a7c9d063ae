"""Configuration of a city: settings, camera geometry, control points."""
