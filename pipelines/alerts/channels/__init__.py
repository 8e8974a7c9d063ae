"""Ways to deliver an alert."""
