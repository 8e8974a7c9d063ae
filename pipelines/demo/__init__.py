"""A city of recorded clips: a real RTSP server plays them as cameras, and everything else is the real thing."""
