"""Computer vision: pixels to detections, tracks and the state of a camera's view."""
