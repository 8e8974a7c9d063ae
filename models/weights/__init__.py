"""Network weights: registry, resolution by name, metadata."""
