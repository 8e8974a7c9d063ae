"""Multi-object tracking of road users."""
