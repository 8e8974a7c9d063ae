"""Analysis loop: frame scheduling, detection requests, events per camera."""
