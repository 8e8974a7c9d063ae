"""Moving things: video in, events and rows out."""
