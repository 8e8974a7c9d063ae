"""Training of detection networks. Not imported by the runtime."""
