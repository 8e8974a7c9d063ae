"""Current state of cameras, live updates (SSE) and live video (HLS)."""
