"""A simulated city: traffic from Eclipse SUMO, rendered as its cameras would see it, with the truth of every pixel."""
