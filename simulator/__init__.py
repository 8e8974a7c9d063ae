"""A simulated city: SUMO traffic, rendered cameras with exact ground truth, and the demo."""
